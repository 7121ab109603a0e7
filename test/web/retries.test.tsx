import { NetworkError, Refusal } from '@parley/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { untilAnswered } from '../../web/src/lib/retries.ts'

beforeEach(() => {
  vi.useFakeTimers()
  // The longest random delay.
  vi.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('a request respects the server’s delay, is retried at once when the network is back, and ends with an answer', async () => {
  const ask = vi
    .fn<() => Promise<string>>()
    .mockRejectedValueOnce(new Refusal(503, { code: 'draining' }, 60_000))
    .mockRejectedValueOnce(new NetworkError('The server is unreachable'))
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

it('an aborted request ends at once and leaves no timer', async () => {
  const leaving = new AbortController()
  const answer = untilAnswered(() => Promise.reject(new NetworkError('down')), leaving.signal)
  const ended = expect(answer).rejects.toThrow('abort')
  await vi.advanceTimersByTimeAsync(0)
  leaving.abort()
  await ended
  expect(vi.getTimerCount()).toBe(0)
})
