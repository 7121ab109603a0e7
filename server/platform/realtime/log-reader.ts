import type { EventLog, LogBounds, LoggedEvent, LogPlace } from '../storage/event-log.ts'
import { eventLines, idLine } from './frame.ts'
import { SharedReads } from './shared-reads.ts'
import type { Unsent } from './slow-reader.ts'

/** Events of one pull at most. */
const pageMax = 200
/** Events and bytes of one read at most, for all who share it; it is for one of them at least. */
const eventsMax = 1_024
const readMaxBytes = 32 * 1_024 * 1_024
/** Users in one read at most. */
const usersMax = 256

/** A pull from the log: what to write, and the last seq in it. `first` is the seq it begins with. */
export type Pull = { first: number; last: number; bytes: Buffer }

/**
 * Reads the log for streams: a few reads at a time, each for many users, so that ten thousand streams that are woken or
 * come back together are not ten thousand queries.
 */
export class LogReader {
  readonly #bounds: SharedReads<number, LogBounds>
  readonly #pulls: SharedReads<LogPlace, Pull | null>

  /** Bytes of an event, as those that were read last had them. */
  #usualBytes = 300

  /** `eventMaxBytes`: of an event at most. `unsent` says how much a pull has. */
  constructor(log: EventLog, unsent: Unsent, eventMaxBytes = 32_000) {
    const most = Math.max(1, Math.min(eventsMax, Math.floor(readMaxBytes / eventMaxBytes)))
    this.#bounds = new SharedReads((userIds) => log.bounds(userIds), { concurrent: 2, most: 1_000 })
    this.#pulls = new SharedReads(
      async (places) => {
        const { pullMaxBytes } = unsent
        const page = Math.min(pageMax, Math.ceil(pullMaxBytes / this.#usualBytes))
        const limit = Math.min(page, Math.floor(most / places.length))
        const pulls = (await log.eventsAfter(places, limit)).map((events) =>
          pullOf(log.epoch, events, pullMaxBytes)
        )
        this.#learn(pulls)
        return pulls
      },
      { concurrent: 2, most: Math.min(usersMax, most) }
    )
  }

  /** Learns the usual size of an event: of large ones fewer are read, so that few are read and dropped. */
  #learn(pulls: (Pull | null)[]): void {
    let [bytes, events] = [0, 0]
    for (const pull of pulls) {
      if (!pull) continue
      bytes += pull.bytes.length
      events += pull.last + 1 - pull.first
    }
    if (events > 0) this.#usualBytes = (this.#usualBytes + bytes / events) / 2
  }

  bounds(userId: number): Promise<LogBounds> {
    return this.#bounds.for(userId, userId)
  }

  /** The events after `seq`; null where there is none. */
  pull(userId: number, seq: number): Promise<Pull | null> {
    return this.#pulls.for(`${userId} ${seq}`, { userId, after: seq })
  }
}

/** Up to `maxBytes` of them, at least one. */
function pullOf(epoch: string, events: LoggedEvent[], maxBytes: number): Pull | null {
  if (events.length === 0) return null
  let [text, bytes, last] = ['', 0, 0]
  for (const event of events) {
    const frame = idLine(epoch, event.seq) + eventLines(event)
    const length = Buffer.byteLength(frame)
    if (text !== '' && bytes + length > maxBytes) break
    text += frame
    bytes += length
    last = event.seq
  }
  return { first: events[0]!.seq, last, bytes: Buffer.from(text) }
}
