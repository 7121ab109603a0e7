import { isTemporary, retryAfterMs, systemClock } from '@parley/client'

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
    await pause(floorMs + Math.random() * Math.min(15_000, 500 * 2 ** attempt), signal)
  }
}

/** Resolves after `ms`, at once when the network is back, or when `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      removeEventListener('online', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = systemClock.after(ms, done)
    addEventListener('online', done)
    signal.addEventListener('abort', done)
  })
}
