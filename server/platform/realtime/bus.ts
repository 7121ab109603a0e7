import type { Signal } from '@parley/contract/events'
import type { StreamOwner } from './stream-owner.ts'

/**
 * What the nodes of one database tell each other, so that nobody waits for a sweep. Everything on it may be lost, come
 * twice or late: it is a hint to look at the database, never the truth. A node does not hear itself.
 */
export interface Bus {
  /** `degraded` while other nodes may not hear this one, or this one them. */
  readonly state: 'ok' | 'degraded'
  /** Tells the others that a user's log has grown to `head`. */
  publishHead(userId: number, head: number): void
  /** Passes a signal on to one user's streams on the others. */
  publishSignal(userId: number, signal: Signal): void
  /** Calls `listener` with what others publish about one user; a user has one listener. */
  subscribe(userId: number, listener: UserListener): Subscription
  /** Tells the others who is here, in words that are theirs to understand. */
  publishPresence(text: string): void
  onPresence(listener: (text: string) => void): void
  /** Publishes when a session ends, also when that is unchanged: the others then drop what they cached of it. */
  publishSession(change: StreamOwner): void
  onSession(listener: (change: StreamOwner) => void): void
  /** Tells the others that these queues have new jobs. */
  publishJobs(queues: string[]): void
  onJobs(listener: (queues: string[]) => void): void
  /** Calls `listener` when the bus is back: what was said meanwhile is lost. */
  onRecovered(listener: () => void): void
  close(): Promise<void>
}

export type UserListener = { head(head: number): void; signal(signal: Signal): void }

export type Subscription = {
  /** Resolves once what others publish arrives here; after a deadline also where it may not. */
  readonly ready: Promise<void> | undefined
  readonly close: () => void
}
