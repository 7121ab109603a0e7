import type { WorkerRole } from './worker-messages.ts'
import type { EngineStore } from '../store.ts'
import { WorkerThread, type CallSpec } from './worker-thread.ts'

const readersMax = 2

/**
 * Threads that read: one from the start, and a second once a read would wait for another. It costs 13 MB, and a Parley
 * with little to do never needs it.
 */
export class ReaderPool {
  readonly #role: WorkerRole
  readonly #readers: WorkerThread[]
  readonly #died = Promise.withResolvers<Error>()
  #starting: Promise<void> | undefined

  private constructor(role: WorkerRole, first: WorkerThread) {
    this.#role = role
    this.#readers = []
    this.#add(first)
  }

  static async open(path: string): Promise<ReaderPool> {
    const role: WorkerRole = { path, mode: 'reader' }
    return new ReaderPool(role, await WorkerThread.start(role))
  }

  /** Resolves with the reason when a thread ends without `close`. */
  get died(): Promise<Error> {
    return this.#died.promise
  }

  /** Reads that were asked for and not answered yet. */
  get load(): number {
    return this.#readers.reduce((sum, each) => sum + each.load, 0)
  }

  run(call: CallSpec): Promise<unknown> {
    const reader = this.#readers.reduce((least, each) => (each.load < least.load ? each : least))
    if (reader.load > 0 && this.#readers.length < readersMax) this.#starting ??= this.#startAnother()
    return reader.run(call)
  }

  async close(): Promise<void> {
    await this.#starting
    await Promise.all(this.#readers.map((reader) => reader.close()))
  }

  async #startAnother(): Promise<void> {
    try {
      this.#add(await WorkerThread.start(this.#role))
    } catch {
      // The running thread continues; the next read that would wait retries.
    } finally {
      this.#starting = undefined
    }
  }

  #add(reader: WorkerThread): void {
    this.#readers.push(reader)
    reader.died.then(this.#died.resolve, this.#died.reject)
  }
}

/** Returns a store's `read` that runs on these threads. */
export function readOf(readers: ReaderPool): EngineStore<unknown, unknown>['read'] {
  return async (name, input) => {
    const { data } = (await readers.run({ kind: 'read', name, input, headOf: null })) as { data: never }
    return data
  }
}
