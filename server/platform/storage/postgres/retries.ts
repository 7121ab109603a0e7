import { setTimeout as delay } from 'node:timers/promises'

const firstPauseMs = 5
const longestPauseMs = 250

/**
 * Runs `attempt` again while it fails with what `isPassing` takes for passing, with a growing pause of random length, and
 * begins no attempt after `forMs`. Throws the last error.
 */
export async function withRetries<Result>(
  attempt: () => Promise<Result>,
  isPassing: (error: unknown) => boolean,
  forMs: number
): Promise<Result> {
  const endsAt = performance.now() + forMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await attempt()
    } catch (error) {
      const waitMs = pauseMs * (0.5 + Math.random() / 2)
      if (!isPassing(error) || performance.now() + waitMs > endsAt) throw error
      await delay(waitMs)
    }
  }
}
