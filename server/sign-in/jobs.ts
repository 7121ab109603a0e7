import type { Queue } from '../platform/jobs/queue.ts'
import type { Store } from '../store.ts'

/** Deletes the states of sign-ins that are too old to come back, once an hour. */
export function purgeSignIns(store: Pick<Store, 'write'>): Queue {
  return {
    queue: 'sign-in.purge',
    everyMs: 3_600_000,
    maxAttempts: 5,
    leaseMs: 60_000,
    concurrency: 1,
    async handle() {
      await store.write('deleteUsedSignIns', { now: Date.now() })
    }
  }
}
