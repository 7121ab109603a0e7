/** Something that is due; it runs once however often it was added before it ran. */
export type Due = { run(): void }

export type DueQueueOptions = {
  /** Runs a slice after what the event loop has to do. */
  defer?: ((slice: () => void) => void) | undefined
  /** How long a slice lasts at least, in ms; with 0 it is one thing. */
  sliceMs?: number
  /** And at most. A slice lasts as long as the turn before it: what is due gets half of the time. */
  sliceMaxMs?: number
}

/**
 * What is due, in the order in which it was added and each once. It is worked off in slices, with a turn of the event loop
 * between, so that thousands of streams keep no request waiting.
 */
export class DueQueue {
  readonly #due = new Set<Due>()
  readonly #defer: (slice: () => void) => void
  readonly #sliceMs: number
  readonly #sliceMaxMs: number
  #deferred = false
  /** When the event loop was given its turn. */
  #pausedAt = Infinity

  constructor({ defer = setImmediate, sliceMs = 1, sliceMaxMs = sliceMs }: DueQueueOptions = {}) {
    this.#defer = defer
    this.#sliceMs = sliceMs
    this.#sliceMaxMs = sliceMaxMs
  }

  add(due: Due): void {
    this.#due.add(due)
    if (!this.#deferred) this.#deferSlice()
  }

  /** Runs all items now if there are at most `most`: so few delay no other work. */
  runFew(most: number): void {
    if (this.#due.size > most) return
    for (const due of this.#due) {
      this.#due.delete(due)
      due.run()
    }
  }

  #deferSlice(): void {
    this.#deferred = true
    this.#defer(() => this.#runSlice())
  }

  #runSlice(): void {
    this.#deferred = false
    const begunAt = performance.now()
    const turnMs = begunAt - this.#pausedAt
    const until = begunAt + Math.max(this.#sliceMs, Math.min(turnMs, this.#sliceMaxMs))
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
