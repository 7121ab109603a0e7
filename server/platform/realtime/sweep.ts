export type SweepOptions = {
  /** From the end of one sweep to the next. */
  intervalMs: number
  /** Called with the first of several consecutive failures; the next sweep runs anyway. */
  onFailure: (error: unknown) => void
}

/** Runs a task again and again, never twice at once. */
export class Sweep {
  readonly #task: () => Promise<void>
  readonly #options: SweepOptions
  #timer: NodeJS.Timeout | undefined
  #running = false
  #again = false
  #failing = false
  #closed = false

  constructor(task: () => Promise<void>, options: SweepOptions) {
    this.#task = task
    this.#options = options
    this.#wait()
  }

  /** Runs it now; while it runs, once more afterwards. */
  now(): void {
    if (this.#running) this.#again = true
    else this.#begin()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#begin(), this.#options.intervalMs)
    this.#timer.unref()
  }

  #begin(): void {
    this.#run().catch(this.#options.onFailure)
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer)
    this.#running = true
    do {
      this.#again = false
      try {
        await this.#task()
        this.#failing = false
      } catch (error) {
        if (!this.#failing && !this.#closed) this.#options.onFailure(error)
        this.#failing = true
      }
    } while (this.#again && !this.#closed)
    this.#running = false
    if (!this.#closed) this.#wait()
  }
}
