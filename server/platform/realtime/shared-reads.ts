export type SharedReadsOptions = {
  /** Reads at a time. */
  concurrent: number
  /** Asks in one read. */
  most: number
}

type Waiting<Ask, Result> = PromiseWithResolvers<Result> & { ask: Ask }

/**
 * Batches reads of one kind, a few batches at a time. Requests that arrive while they run, or in the same turn of the event
 * loop, share the next batch; equal requests share one result.
 */
export class SharedReads<Ask, Result> {
  readonly #read: (asks: Ask[]) => Promise<Result[]>
  readonly #options: SharedReadsOptions
  readonly #waiting = new Map<string | number, Waiting<Ask, Result>>()
  #running = 0
  #due = false

  /** `read` gives a result for each ask, in their order. */
  constructor(read: (asks: Ask[]) => Promise<Result[]>, options: SharedReadsOptions) {
    this.#read = read
    this.#options = options
  }

  /**
   * Joins a read that has not begun yet. One that has begun is not joined: it may have looked before what the caller was
   * woken for.
   */
  for(key: string | number, ask: Ask): Promise<Result> {
    let waiting = this.#waiting.get(key)
    if (!waiting) {
      waiting = { ...Promise.withResolvers<Result>(), ask }
      this.#waiting.set(key, waiting)
      this.#beginSoon()
    }
    return waiting.promise
  }

  #beginSoon(): void {
    if (this.#due) return
    this.#due = true
    // After all streams that are woken in this turn of the event loop.
    setImmediate(() => {
      this.#due = false
      while (this.#running < this.#options.concurrent && this.#waiting.size > 0) {
        // A failure has rejected the promises of those who asked.
        this.#begin().catch(() => {})
      }
    })
  }

  async #begin(): Promise<void> {
    const taken = [...this.#waiting.entries().take(this.#options.most)]
    for (const [key] of taken) this.#waiting.delete(key)
    const asked = taken.map(([, waiting]) => waiting)
    this.#running++
    try {
      const results = await this.#read(asked.map(({ ask }) => ask))
      for (const [index, { resolve }] of asked.entries()) resolve(results[index]!)
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
    this.#running--
    if (this.#waiting.size > 0) this.#beginSoon()
  }
}
