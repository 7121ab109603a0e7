import type { EventLog, LogBounds } from '../storage/event-log.ts'
import { eventLines, idLine } from './frame.ts'

/** Events of one pull at most. */
const pageMax = 200

/** A pull from the log: what to write, and the last seq in it. `first` is the seq it begins with. */
export type Pull = { first: number; last: number; bytes: Buffer }

/**
 * Reads the log for streams: a few reads at a time, and one for all who ask the same at once, so that ten thousand
 * streams that come back together are not ten thousand queries.
 */
export class LogReader {
  readonly #log: EventLog
  readonly #concurrent: number
  readonly #shared = new Map<string, Promise<unknown>>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(log: EventLog, concurrent: number) {
    this.#log = log
    this.#concurrent = concurrent
  }

  bounds(userId: number): Promise<LogBounds> {
    return this.#share(`bounds ${userId}`, () => this.#log.bounds(userId))
  }

  /** The events after `seq`; null where there is none. */
  pull(userId: number, seq: number): Promise<Pull | null> {
    return this.#share(`${userId} ${seq}`, async () => {
      const events = await this.#log.eventsAfter(userId, seq, pageMax)
      if (events.length === 0) return null
      const parts = events.flatMap((event) => [
        Buffer.from(idLine(this.#log.epoch, event.seq)),
        eventLines(event)
      ])
      return { first: events[0]!.seq, last: events.at(-1)!.seq, bytes: Buffer.concat(parts) }
    })
  }

  /**
   * Joins a read that has not begun yet, or begins one. One that has begun is not joined: it may have looked before
   * what the caller was woken for.
   */
  #share<Result>(key: string, read: () => Promise<Result>): Promise<Result> {
    const waiting = this.#shared.get(key)
    if (waiting) return waiting as Promise<Result>
    const result = this.#turn().then(() => {
      this.#shared.delete(key)
      return read().finally(() => this.#next())
    })
    this.#shared.set(key, result)
    return result
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#concurrent) this.#running++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #next(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
  }
}
