import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Principal } from '../../../server/platform/principal.ts'
import { createThrottle } from '../../../server/platform/throttle.ts'
import { createTyping } from '../../../server/presence/typing.ts'
import type { Store } from '../../../server/store.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const as = (userId: number) => ({ userId, user: { id: String(userId) } }) as Principal

/** Opens typing in conversations with the given members, and records the recipients. */
function openTyping(people: Record<number, number[]>) {
  const delivered: string[] = []
  const store = {
    read: async (_name: string, input: { viewerId: number; conversationId: number; limit: number }) => {
      const everyone = people[input.conversationId] ?? []
      return everyone.includes(input.viewerId) ? everyone.slice(0, input.limit) : []
    }
  } as unknown as Store
  const sendTyping = createTyping(store, (userIds, signal) => {
    expect(signal.name).toBe('typing')
    const { conversationId } = signal.data as { conversationId: string }
    delivered.push(`${conversationId}: ${signal.data.userId} to ${userIds.join(' ')}`)
  })
  return { delivered, people, signalTyping: (userId: number, id: number) => sendTyping(as(userId), id) }
}

test('G4: of a flood, one signal is forwarded per two seconds, user and conversation', async () => {
  const { delivered, signalTyping } = openTyping({ 7: [1, 2, 3], 8: [1, 2] })
  for (let ms = 0; ms < 5_000; ms += 10) {
    await signalTyping(1, 7)
    vi.advanceTimersByTime(10)
  }
  expect(delivered).toEqual(['7: 1 to 2 3', '7: 1 to 2 3', '7: 1 to 2 3'])
  await Promise.all([signalTyping(2, 7), signalTyping(1, 8), signalTyping(2, 7)])
  expect(delivered.slice(3)).toEqual(['7: 2 to 1 3', '8: 1 to 2'])
})

test('G1: in a conversation of a hundred all other members are notified, in a larger one none', async () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
  const { delivered, signalTyping } = openTyping({ 7: hundred, 8: [...hundred, 101] })
  await signalTyping(1, 8)
  expect(delivered).toEqual([])
  await signalTyping(1, 7)
  expect(delivered).toEqual([`7: 1 to ${hundred.slice(1).join(' ')}`])
})

test('G1: a non-member or former member is refused, also while throttled', async () => {
  const { delivered, people, signalTyping } = openTyping({ 7: [1, 2] })
  await signalTyping(1, 7)
  people[7] = [2]
  await expect(signalTyping(1, 7)).rejects.toMatchObject({ code: 'conversation_not_found' })
  await expect(signalTyping(3, 7)).rejects.toMatchObject({ code: 'conversation_not_found' })
  await expect(signalTyping(1, 9)).rejects.toMatchObject({ code: 'conversation_not_found' })
  expect(delivered).toHaveLength(1)
})

test('G4: a throttle releases a key when its time is over, and drops it', () => {
  const mayPass = createThrottle(2_000)
  expect([mayPass('a'), mayPass('b'), mayPass('a')]).toEqual([true, true, false])
  vi.advanceTimersByTime(1_999)
  expect(mayPass('a')).toBe(false)
  vi.advanceTimersByTime(1)
  expect([mayPass('b'), mayPass('a'), mayPass('b')]).toEqual([true, true, false])
})
