import { NetworkError, Refusal } from '@parley/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { untilAnswered } from '../../web/src/lib/retries.ts'

beforeEach(() => {
  vi.useFakeTimers()
  // The longest of the random pauses.
  vi.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('a request waits as long as the server asks, is made at once when the network is back, and ends with an answer', async () => {
  const ask = vi
    .fn<() => Promise<string>>()
    .mockRejectedValueOnce(new Refusal(503, { code: 'draining' }, 60_000))
    .mockRejectedValueOnce(new NetworkError('The server cannot be reached'))
    .mockResolvedValue('an answer')
  const answer = untilAnswered(ask, new AbortController().signal)
  await vi.advanceTimersByTimeAsync(59_000)
  expect(ask).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(ask).toHaveBeenCalledTimes(2)
  dispatchEvent(new Event('online'))
  expect(await answer).toBe('an answer')
  expect(vi.getTimerCount()).toBe(0)
})

it('a request that is no longer wanted ends at once, and leaves no timer', async () => {
  const leaving = new AbortController()
  const answer = untilAnswered(() => Promise.reject(new NetworkError('down')), leaving.signal)
  const ended = expect(answer).rejects.toThrow('abort')
  await vi.advanceTimersByTimeAsync(0)
  leaving.abort()
  await ended
  expect(vi.getTimerCount()).toBe(0)
})
