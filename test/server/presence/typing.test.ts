import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Principal } from '../../../server/platform/principal.ts'
import { createThrottle } from '../../../server/platform/throttle.ts'
import { createTyping } from '../../../server/presence/typing.ts'
import type { Store } from '../../../server/store.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const as = (userId: number) => ({ userId, user: { id: String(userId) } }) as Principal

/** Typing in conversations whose people the test says; and who was told what. */
function openTyping(people: Record<number, number[]>) {
  const told: string[] = []
  const store = {
    read: async (_name: string, input: { viewerId: number; conversationId: number; limit: number }) => {
      const everyone = people[input.conversationId] ?? []
      return everyone.includes(input.viewerId) ? everyone.slice(0, input.limit) : []
    }
  } as unknown as Store
  const sendTyping = createTyping(store, (userIds, signal) => {
    expect(signal.name).toBe('typing')
    const { conversationId } = signal.data as { conversationId: string }
    told.push(`${conversationId}: ${signal.data.userId} to ${userIds.join(' ')}`)
  })
  return { told, people, say: (userId: number, id: number) => sendTyping(as(userId), id) }
}

test('G4: of a flood one is passed on in two seconds, of each person and conversation by itself', async () => {
  const { told, say } = openTyping({ 7: [1, 2, 3], 8: [1, 2] })
  for (let ms = 0; ms < 5_000; ms += 10) {
    await say(1, 7)
    vi.advanceTimersByTime(10)
  }
  expect(told).toEqual(['7: 1 to 2 3', '7: 1 to 2 3', '7: 1 to 2 3'])
  await Promise.all([say(2, 7), say(1, 8), say(2, 7)])
  expect(told.slice(3)).toEqual(['7: 2 to 1 3', '8: 1 to 2'])
})

test('G1: in a conversation of a hundred everybody else is told, in a larger one nobody', async () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
  const { told, say } = openTyping({ 7: hundred, 8: [...hundred, 101] })
  await say(1, 8)
  expect(told).toEqual([])
  await say(1, 7)
  expect(told).toEqual([`7: 1 to ${hundred.slice(1).join(' ')}`])
})

test('G1: somebody who is not in it, or no longer, is refused also where it would be too soon', async () => {
  const { told, people, say } = openTyping({ 7: [1, 2] })
  await say(1, 7)
  people[7] = [2]
  await expect(say(1, 7)).rejects.toMatchObject({ code: 'conversation_not_found' })
  await expect(say(3, 7)).rejects.toMatchObject({ code: 'conversation_not_found' })
  await expect(say(1, 9)).rejects.toMatchObject({ code: 'conversation_not_found' })
  expect(told).toHaveLength(1)
})

test('G4: a throttle lets what it held back pass when its time is over, and forgets it', () => {
  const mayPass = createThrottle(2_000)
  expect([mayPass('a'), mayPass('b'), mayPass('a')]).toEqual([true, true, false])
  vi.advanceTimersByTime(1_999)
  expect(mayPass('a')).toBe(false)
  vi.advanceTimersByTime(1)
  expect([mayPass('b'), mayPass('a'), mayPass('b')]).toEqual([true, true, false])
})
