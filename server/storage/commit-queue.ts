/**
 * Collects items while a commit runs; the next one takes them all (group commit). One fsync is then shared by everyone
 * who was waiting for one, and a single item never waits for company.
 */
export class CommitQueue<Item, Outcome> {
  readonly #commit: (items: Item[]) => Promise<(Outcome | Error)[]>
  readonly #batchMax: number
  #waiting: { item: Item; resolve: (outcome: Outcome) => void; reject: (error: unknown) => void }[] = []
  #committing = false

  /** `commit` gives one outcome or error for each item, in order, or throws for all of them. */
  constructor(commit: (items: Item[]) => Promise<(Outcome | Error)[]>, batchMax: number) {
    this.#commit = commit
    this.#batchMax = batchMax
  }

  add(item: Item): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (!this.#committing) {
        this.#committing = true
        // Requests that were read from sockets in this turn of the event loop share the first batch too.
        setImmediate(() => void this.#run())
      }
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#batchMax)
      try {
        const outcomes = await this.#commit(batch.map((entry) => entry.item))
        batch.forEach((entry, index) => {
          const outcome = outcomes[index]!
          if (outcome instanceof Error) entry.reject(outcome)
          else entry.resolve(outcome)
        })
      } catch (error) {
        for (const entry of batch) entry.reject(error)
      }
    }
    this.#committing = false
  }
}
