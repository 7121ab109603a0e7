import { describe, expect, it } from 'vitest'
import type { OutboxItem } from '@parley/client'
import { initialState } from '../../web/src/state/model/state.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { rowsOf } from '../../web/src/state/model/rows.ts'
import { jane, john, modelServer } from './model-server.ts'

const pending: OutboxItem = {
  kind: 'send',
  clientId: 'c-1',
  conversationId: '7',
  content: 'on its way',
  queuedAt: new Date(Date.UTC(2026, 0, 31, 12, 1)).toISOString(),
  problem: null
}
const where = { me: john, conversationId: '7', unreadFrom: null }
const waiting = (...outbox: OutboxItem[]) => ({ outbox, acknowledged: [] })

function historyOf(server: ReturnType<typeof modelServer>) {
  const snapshot = server.snapshot(['7'])
  return reduce(initialState(john), { type: 'snapshot_taken', snapshot }).histories['7']!
}

describe('the rows of a conversation', () => {
  it('show a message once, pending and then sent, under the same key', () => {
    const server = modelServer()
    server.send('7', jane)
    const before = rowsOf(historyOf(server), waiting(pending), where)
    expect(before.map(({ content }) => content)).toEqual(['hello', 'on its way'])
    server.send('7', john, 'on its way', 'c-1')
    const after = rowsOf(historyOf(server), waiting(pending), where)
    expect(after.map(({ key }) => key)).toEqual(before.map(({ key }) => key))
    expect(after.at(-1)?.message).not.toBeNull()
  })

  it('keep pending messages at the end, and exclude other conversations', () => {
    const server = modelServer()
    server.send('7', jane)
    const items = [pending, { ...pending, clientId: 'c-2', conversationId: '8' }]
    server.send('7', jane, 'meanwhile')
    const rows = rowsOf(historyOf(server), waiting(...items), where)
    expect(rows.map(({ content }) => content)).toEqual(['hello', 'meanwhile', 'on its way'])
  })

  it('group consecutive messages of one sender, but not across other senders or long pauses', () => {
    const server = modelServer()
    for (const from of [jane, jane, john, jane]) server.send('7', from)
    const history = historyOf(server)
    const late = history.messages.map((message, index) =>
      index === 1 ? { ...message, createdAt: '2026-01-31T12:59:00.000Z' } : message
    )
    expect(rowsOf(history, waiting(), where).map(({ continues }) => continues)).toEqual([
      false,
      true,
      false,
      false
    ])
    expect(rowsOf({ ...history, messages: late }, waiting(), where)[1]!.continues).toBe(false)
  })

  it('mark the start of each day and of unread messages', () => {
    const server = modelServer()
    for (let n = 0; n < 3; n++) server.send('7', jane)
    const history = historyOf(server)
    const messages = history.messages.map((message, index) =>
      index === 2 ? { ...message, createdAt: '2026-02-02T12:00:00.000Z' } : message
    )
    const rows = rowsOf({ ...history, messages }, waiting(), { ...where, unreadFrom: 2 })
    expect(rows.map(({ startsDay }) => startsDay)).toEqual([true, false, true])
    expect(rows.map(({ startsUnread }) => startsUnread)).toEqual([false, true, false])
  })
})
