import type { Store } from '../storage/store.ts'

/** How much of the log each user keeps: the newest `keepCount` events and all younger than `keepMs`. */
export type Retention = { keepCount: number; keepMs: number }

/** Events that one user loses in one transaction at most: the others' sends wait behind it. */
const pruneMax = 2_000

/** Forgets what nobody can ask for any more: old events beyond what is kept, and sessions that have expired. */
export async function tidyUp(store: Store, { keepCount, keepMs }: Retention): Promise<void> {
  await store.write('deleteExpiredSessions', { now: Date.now() })
  let pruned: number
  do {
    pruned = await store.write('pruneEvents', {
      before: Date.now() - keepMs,
      keep: keepCount,
      limit: pruneMax
    })
  } while (pruned > 0)
}
