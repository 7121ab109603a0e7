import type { Queue } from '../platform/jobs/queue.ts'
import type { Store } from '../store.ts'

/** How much of the log each user keeps: the newest `keepCount` events and all younger than `keepMs`. */
export type Retention = { keepCount: number; keepMs: number }

/** Events that one transaction drops, about: sends to their users wait for it. */
const pruneMax = 2_000

/** Drops the events that no cursor may ask for any more, once an hour. */
export function pruneLogs(store: Pick<Store, 'write'>, { keepCount, keepMs }: Retention): Queue {
  return {
    queue: 'event-log.prune',
    everyMs: 3_600_000,
    maxAttempts: 5,
    leaseMs: 60_000,
    concurrency: 1,
    async handle(_, { signal, renew }) {
      for (let pruned = -1; pruned !== 0;) {
        const before = Date.now() - keepMs
        pruned = await store.write('pruneEvents', { before, keep: keepCount, limit: pruneMax })
        signal.throwIfAborted()
        if (pruned > 0) await renew()
      }
    }
  }
}
