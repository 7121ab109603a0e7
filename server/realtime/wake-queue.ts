/** Something that is due; it runs once however often it was added before it ran. */
export type Due = { run(): void }

/** How long it works at least before the event loop has a turn, in ms. */
const sliceMs = 1
const sliceMaxMs = 10

export type WakeQueueOptions = {
  /** Runs a slice after what the event loop has to do. */
  defer?: (slice: () => void) => void
  sliceMs?: number
}

/**
 * The streams that were woken, in that order and each once. They are worked off in slices, with a turn of the event loop
 * between: thousands of them keep no request waiting, and whoever still waits here when the next commit comes gets both in
 * one write.
 */
export class WakeQueue {
  readonly #due = new Set<Due>()
  readonly #defer: (slice: () => void) => void
  readonly #sliceMs: number
  #deferred = false
  /** When the event loop was given its turn. */
  #pausedAt = Infinity

  constructor({ defer = setImmediate, ...options }: WakeQueueOptions = {}) {
    this.#defer = defer
    this.#sliceMs = options.sliceMs ?? sliceMs
  }

  add(due: Due): void {
    this.#due.add(due)
    if (!this.#deferred) this.#deferSlice()
  }

  #deferSlice(): void {
    this.#deferred = true
    this.#defer(() => this.#runSlice())
  }

  #runSlice(): void {
    this.#deferred = false
    const begunAt = performance.now()
    // As long as the turn took, within bounds: under load the streams get half of the time.
    const turnMs = Math.min(begunAt - this.#pausedAt, sliceMaxMs)
    const until = begunAt + Math.max(this.#sliceMs, turnMs)
    for (const due of this.#due) {
      this.#due.delete(due)
      due.run()
      this.#pausedAt = performance.now()
      if (this.#pausedAt >= until) break
    }
    if (this.#due.size > 0) this.#deferSlice()
    else this.#pausedAt = Infinity
  }
}
