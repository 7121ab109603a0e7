import { backoffMs } from './backoff.ts'
import { errorLengthMax, type Queue } from './queue.ts'
import type { Ending } from './running-job.ts'
import type { Settlement } from './settlement-procedures.ts'

/** Returns how jobs are settled by the outcome of their attempts: done, retried, dead after the last attempt, or released. */
export function settlementOf(
  endings: readonly Ending[],
  queueOf: (name: string) => Queue,
  retryMs: { first: number; max: number }
): Omit<Settlement, 'runner'> {
  const settlement: Omit<Settlement, 'runner'> = { done: [], failed: [], released: [] }
  for (const { job, outcome } of endings) {
    const { id, generation, attempts } = job
    const { queue, maxAttempts, everyMs } = queueOf(job.queue)
    const repeatMs = everyMs ?? null
    if (outcome === 'done') settlement.done.push({ id, generation, repeatMs })
    else if (outcome === 'released') settlement.released.push({ id, generation })
    else {
      settlement.failed.push({
        id,
        generation,
        queue,
        repeatMs,
        error: String(outcome.error).slice(0, errorLengthMax),
        delayMs: backoffMs(attempts, retryMs),
        isLast: attempts >= maxAttempts
      })
    }
  }
  return settlement
}
