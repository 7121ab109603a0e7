import { describe, expect, it } from 'vitest'
import type { Participant } from '@parley/contract/participants'
import { readersOf } from '../../web/src/state/model/receipts.ts'
import { jane, jill, joe, john, modelServer } from './model-server.ts'

/** Returns who has read what, as `position: names`. */
function receipts(server: ReturnType<typeof modelServer>, people = server.participants('9')) {
  const messages = server.page('9').toReversed()
  const readers = readersOf(messages, people, john)
  return messages.flatMap(({ id, position }) => {
    const names = readers.get(id)?.map(({ username }) => username)
    return names ? [`${position}: ${names.join(' ')}`] : []
  })
}

describe('receipts', () => {
  it('show under the newest own message that a member has read', () => {
    const server = modelServer()
    server.send('9', john)
    server.read('9', joe)
    server.send('9', john)
    expect(receipts(server)).toEqual(['2: joe'])
    server.read('9', jane)
    expect(receipts(server)).toEqual(['2: joe', '3: jane'])
  })
  it('omit members who have written since', () => {
    const server = modelServer()
    server.send('9', john)
    server.read('9', joe)
    server.send('9', jane)
    expect(receipts(server)).toEqual(['2: joe'])
  })
  it('omit messages from before a member joined', () => {
    const server = modelServer()
    server.send('9', john)
    server.add(jill)
    expect(receipts(server)).toEqual([])
    server.send('9', john)
    server.read('9', jill)
    expect(receipts(server)).toEqual(['4: jill'])
  })
  it('are hidden in large conversations', () => {
    const server = modelServer()
    server.send('9', john)
    server.read('9', joe)
    const many = Array.from({ length: 51 }, (_, index): Participant => {
      const user = { ...joe, id: String(index + 10) }
      return { user, role: 'member', joinedAt: '2026-01-01T00:00:00.000Z', readUpTo: 9 }
    })
    expect(receipts(server, many)).toEqual([])
  })
})
