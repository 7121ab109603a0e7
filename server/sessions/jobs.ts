import type { Queue } from '../platform/jobs/queue.ts'
import type { Store } from '../store.ts'

/** Deletes expired sessions, once an hour. */
export function purgeSessions(store: Pick<Store, 'write'>): Queue {
  return {
    queue: 'sessions.purge',
    everyMs: 3_600_000,
    maxAttempts: 5,
    leaseMs: 60_000,
    concurrency: 1,
    async handle() {
      await store.write('deleteExpiredSessions', { now: Date.now() })
    }
  }
}
