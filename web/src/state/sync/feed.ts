import type { Cursor } from '@parley/contract/cursor'
import type { LogEvent } from '@parley/contract/events'

export type FeedOptions = {
  /** Where the state stands. */
  cursor(): Cursor | null
  /** Fetches a snapshot and puts it in place, however long it takes; throws when that will never be. */
  takeSnapshot(): Promise<void>
  /** Puts the event into the state: it is the next one. */
  apply(event: LogEvent, cursor: Cursor): void
}

type Arrival = { event: LogEvent; cursor: Cursor }

/** Events that wait for a snapshot; beyond that another snapshot costs less than keeping them. */
const waitingMax = 1_000

/**
 * Brings events to the state in their order, wherever they come from: this tab's stream or another's. What a snapshot
 * already shows is left out; where something is missing, a fresh snapshot is taken.
 */
export class Feed {
  readonly #options: FeedOptions
  #snapshot: Promise<void> | null = null
  #waiting: Arrival[] = []
  #again = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  take(event: LogEvent, cursor: Cursor): void {
    if (this.#snapshot) return this.#keep({ event, cursor })
    const last = this.#options.cursor()
    if (last?.epoch === cursor.epoch && cursor.seq <= last.seq) return
    if (last?.epoch === cursor.epoch && cursor.seq === last.seq + 1) return this.#options.apply(event, cursor)
    this.#keep({ event, cursor })
    this.startOver().catch(() => {})
  }

  /** Takes a fresh snapshot; resolves when it is in place. Calls while one is on its way share it. */
  startOver(): Promise<void> {
    this.#snapshot ??= this.#takeSnapshot()
    return this.#snapshot
  }

  #keep(arrival: Arrival): void {
    if (this.#waiting.length < waitingMax) this.#waiting.push(arrival)
    else this.#again = true
  }

  async #takeSnapshot(): Promise<void> {
    try {
      do {
        this.#again = false
        await this.#options.takeSnapshot()
        const waiting = this.#waiting.splice(0)
        for (const { event, cursor } of waiting) this.#applyAfterSnapshot(event, cursor)
      } while (this.#again)
    } finally {
      this.#snapshot = null
      this.#waiting = []
    }
  }

  #applyAfterSnapshot(event: LogEvent, cursor: Cursor): void {
    const last = this.#options.cursor()
    if (this.#again || last?.epoch !== cursor.epoch || cursor.seq <= last.seq) return
    if (cursor.seq === last.seq + 1) this.#options.apply(event, cursor)
    else this.#again = true
  }
}
