import type { EventLog, LogBounds, LoggedEvent, LogPlace } from '../storage/event-log.ts'
import { eventLines, idLine } from './frame.ts'
import { SharedReads } from './shared-reads.ts'

/** Events of one pull at most. */
const pageMax = 200
/** Events of one read at most, for all who share it. */
const eventsMax = 1_024

/** A pull from the log: what to write, and the last seq in it. `first` is the seq it begins with. */
export type Pull = { first: number; last: number; bytes: Buffer }

/**
 * Reads the log for streams: a few reads at a time, each for many users, so that ten thousand streams that are woken or
 * come back together are not ten thousand queries.
 */
export class LogReader {
  readonly #bounds: SharedReads<number, LogBounds>
  readonly #pulls: SharedReads<LogPlace, Pull | null>

  constructor(log: EventLog) {
    this.#bounds = new SharedReads((userIds) => log.bounds(userIds), { concurrent: 2, most: 1_000 })
    this.#pulls = new SharedReads(
      async (places) => {
        const limit = Math.min(pageMax, Math.floor(eventsMax / places.length))
        return (await log.eventsAfter(places, limit)).map((events) => pullOf(log.epoch, events))
      },
      { concurrent: 2, most: 256 }
    )
  }

  bounds(userId: number): Promise<LogBounds> {
    return this.#bounds.for(userId, userId)
  }

  /** The events after `seq`; null where there is none. */
  pull(userId: number, seq: number): Promise<Pull | null> {
    return this.#pulls.for(`${userId} ${seq}`, { userId, after: seq })
  }
}

function pullOf(epoch: string, events: LoggedEvent[]): Pull | null {
  if (events.length === 0) return null
  const text = events.map((event) => idLine(epoch, event.seq) + eventLines(event)).join('')
  return { first: events[0]!.seq, last: events.at(-1)!.seq, bytes: Buffer.from(text) }
}
