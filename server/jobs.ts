import type { Config } from './config.ts'
import { pruneLogs } from './event-log/jobs.ts'
import type { Queue } from './platform/jobs/queue.ts'
import { purgeSessions } from './sessions/jobs.ts'
import { purgeSignIns } from './sign-in/jobs.ts'
import type { Store } from './store.ts'

/** Every noun's queues. A node leaves jobs of other queues to the nodes that have a handler for them. */
export function listQueues(store: Store, { eventsKeepCount, eventsKeepMs }: Config): Queue[] {
  return [
    pruneLogs(store, { keepCount: eventsKeepCount, keepMs: eventsKeepMs }),
    purgeSessions(store),
    purgeSignIns(store)
  ]
}
