import { Problem } from '@parley/contract/problems'

/** Called for each batch with its outcomes, `ms` after its commit began. */
export type BatchObserver<Outcome> = (outcomes: readonly (Outcome | Error)[], ms: number) => void

/** What the items of a queue may hold in memory together, those of the commit that runs included. */
export type QueueLimit<Item> = { bytesOf: (item: Item) => number; maxBytes: number }

/** What the sends of one queue may hold in memory together, in bytes. */
export const sendsMaxBytes = 64 * 1_024 * 1_024

/**
 * Collects items while a commit runs; the next one takes them all (group commit). One fsync is then shared by everyone
 * who was waiting for one, and a single item never waits for company.
 */
export class CommitQueue<Item, Outcome> {
  readonly #commit: (items: Item[]) => Promise<(Outcome | Error)[]>
  readonly #batchMax: number
  readonly #onBatch: BatchObserver<Outcome>
  readonly #limit: QueueLimit<Item>
  #bytes = 0
  #waiting: { item: Item; resolve: (outcome: Outcome) => void; reject: (error: unknown) => void }[] = []
  #committing = false

  /**
   * `commit` gives one outcome or error for each item, in order, or throws for all of them. Where it stopped earlier, at
   * least after the first, the rest begins the next batch.
   */
  constructor(
    commit: (items: Item[]) => Promise<(Outcome | Error)[]>,
    batchMax: number,
    onBatch: BatchObserver<Outcome> = () => {},
    limit: QueueLimit<Item> = { bytesOf: () => 0, maxBytes: 0 }
  ) {
    this.#commit = commit
    this.#batchMax = batchMax
    this.#onBatch = onBatch
    this.#limit = limit
  }

  /** Items that wait for the commit that runs. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Rejects with `storage_unavailable` when more waits than the limit allows. */
  add(item: Item): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const bytes = this.#limit.bytesOf(item)
      if (this.#bytes + bytes > this.#limit.maxBytes) {
        return reject(new Problem('storage_unavailable', { reason: 'queue_full' }))
      }
      this.#bytes += bytes
      this.#waiting.push({ item, resolve, reject })
      if (!this.#committing) {
        this.#committing = true
        // Requests that were read from sockets in this turn of the event loop share the first batch too.
        setImmediate(() => {
          this.#run().catch((error: unknown) => this.#fail(error))
        })
      }
    })
  }

  /** Reached only by a fault of `#run`: rejects what waits; the next item starts a new run. */
  #fail(error: unknown): void {
    this.#bytes = 0
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    this.#committing = false
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#batchMax)
      const begunAt = performance.now()
      let outcomes: (Outcome | Error)[]
      try {
        outcomes = await this.#commit(batch.map((entry) => entry.item))
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error))
        outcomes = batch.map(() => failure)
      }
      try {
        this.#onBatch(outcomes, performance.now() - begunAt)
      } catch (error) {
        // What is committed is answered, whatever the observer makes of it.
        process.emitWarning(error instanceof Error ? error : String(error))
      }
      this.#waiting.unshift(...batch.slice(outcomes.length))
      outcomes.forEach((outcome, index) => {
        this.#bytes -= this.#limit.bytesOf(batch[index]!.item)
        if (outcome instanceof Error) batch[index]!.reject(outcome)
        else batch[index]!.resolve(outcome)
      })
    }
    this.#committing = false
  }
}
