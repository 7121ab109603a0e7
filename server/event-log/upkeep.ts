import type { Store } from '../store.ts'

/** How much of the log each user keeps: the newest `keepCount` events and all younger than `keepMs`. */
export type Retention = { keepCount: number; keepMs: number }

/** Events that one user loses in one transaction at most: the others' sends wait behind it. */
const pruneMax = 2_000

/** Forgets what nobody can ask for any more: old events beyond what is kept, and sessions that have expired. */
export async function tidyUp(store: Store, { keepCount, keepMs }: Retention): Promise<void> {
  await runEach(
    () => store.write('deleteExpiredSessions', { now: Date.now() }),
    () => store.write('deleteUsedSignIns', { now: Date.now() }),
    async () => {
      let pruned: number
      do {
        pruned = await store.write('pruneEvents', {
          before: Date.now() - keepMs,
          keep: keepCount,
          limit: pruneMax
        })
      } while (pruned > 0)
    }
  )
}

/** Runs each step after the one before, also where that failed. Throws the first error once all were run. */
export async function runEach(...steps: (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const step of steps) await step().catch((error: unknown) => errors.push(error))
  if (errors.length > 0) throw errors[0]
}
