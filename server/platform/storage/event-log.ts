import type { LogEventName, LogEvents } from '@parley/contract/events'
import type { Json } from './json.ts'

/** An event whose data is encoded already, as its frames will show it. */
export type EncodedEvent = {
  [Name in LogEventName]: { name: Name; json: Json<LogEvents[Name]> }
}[LogEventName]

/** An event at its place in one user's log. */
export type LoggedEvent = { seq: number } & EncodedEvent

/**
 * One event as it was committed, with its place in the log of everyone who got it. One that `retracts` takes from them
 * what earlier events showed: frames of those that wait somewhere are not to be sent any more, the log says what is left.
 */
export type CommittedEvent = EncodedEvent & { retracts?: boolean; to: { userId: number; seq: number }[] }

/** A user's log holds the events `floor + 1 … head`, without a gap. */
export type LogBounds = { head: number; floor: number }

/** A place in one user's log: that of the event `after`, or its beginning. */
export type LogPlace = { userId: number; after: number }

/** `committedAt` is ms by `performance.timeOrigin + performance.now()`, a clock that threads share. */
export type CommitListener = (events: CommittedEvent[], committedAt: number) => void

/** Storage as streams use it: reads of the log, and notice of commits. */
export interface EventLog {
  /** One random word for the whole database, replaced when it is restored from a backup. */
  readonly epoch: string
  /** The bounds of each of these users' logs, 1,000 of them at most, in one read. */
  bounds(userIds: number[]): Promise<LogBounds[]>
  /** Up to `limit` events after each of these places, a few hundred of them at most, in one read; each in order. */
  eventsAfter(places: LogPlace[], limit: number): Promise<LoggedEvent[][]>
  /**
   * Calls `listener` after each commit of this process, once it is on disk. Reports may come in another order than the
   * commits did, and those of other processes do not come at all.
   */
  onCommitted(listener: CommitListener): void
}
