import { isTemporary, retryAfterMs, systemClock } from '@parley/client'
import { backoffMs } from '@parley/client/backoff'
import { wait } from '@parley/client/clock'

const backoff = { baseMs: 500, capMs: 15_000 }

/** Asks until there is an answer: only a refusal, or `signal`, ends it. */
export async function untilAnswered<Result>(
  ask: () => Promise<Result>,
  signal: AbortSignal
): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    let floorMs = 0
    try {
      signal.throwIfAborted()
      return await ask()
    } catch (error) {
      signal.throwIfAborted()
      if (!isTemporary(error)) throw error
      floorMs = retryAfterMs(error)
    }
    await pause(backoffMs(backoff, attempt, Math.random, floorMs), signal)
  }
}

/** Resolves after `ms`, at once when the network is back, or when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const online = new AbortController()
  const end = () => online.abort()
  addEventListener('online', end)
  await wait(systemClock, ms, AbortSignal.any([signal, online.signal]))
  removeEventListener('online', end)
}
