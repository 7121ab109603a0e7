import type { Signal } from '@parley/contract/events'
import type { StreamOwner } from './stream-owner.ts'

/**
 * Messages between the nodes of one database, so that no stream waits for a sweep. A message may be lost, duplicated or late:
 * it is a hint to read the database. A node does not receive its own messages.
 */
export interface Bus {
  /** `degraded` while messages to or from other nodes may be lost. */
  readonly state: 'ok' | 'degraded'
  /** Publishes that a user's log has grown to `head`. */
  publishHead(userId: number, head: number): void
  /** Passes a signal on to one user's streams on the others. */
  publishSignal(userId: number, signal: Signal): void
  /** Calls `listener` with what others publish about one user; a user has one listener. */
  subscribe(userId: number, listener: UserListener): Subscription
  /** Publishes presence to the other nodes; the bus does not interpret the text. */
  publishPresence(text: string): void
  onPresence(listener: (text: string) => void): void
  /** Publishes when a session ends, also when that is unchanged: the others then drop what they cached of it. */
  publishSession(change: StreamOwner): void
  onSession(listener: (change: StreamOwner) => void): void
  /** Tells the others that these queues have new jobs. */
  publishJobs(queues: string[]): void
  onJobs(listener: (queues: string[]) => void): void
  /** Calls `listener` when the bus recovers; messages of the outage are lost. */
  onRecovered(listener: () => void): void
  close(): Promise<void>
}

export type UserListener = { head(head: number): void; signal(signal: Signal): void }

export type Subscription = {
  /** Resolves once what others publish arrives here; after a deadline also where it may not. */
  readonly ready: Promise<void> | undefined
  readonly close: () => void
}
