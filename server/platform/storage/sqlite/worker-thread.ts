import { Worker } from 'node:worker_threads'
import { Problem } from '@parley/contract/problems'
import { places } from '../../../places.ts'
import type { CommitListener } from '../event-log.ts'
import type { EnqueuedListener } from '../store.ts'
import { restoreEvents } from './transfer.ts'
import type { Call, Ready, Report, WorkerRole } from './worker-messages.ts'

export type CallSpec = Call extends infer Each ? (Each extends Call ? Omit<Each, 'id'> : never) : never
/** `onFailure` is called with what failed after a commit; the commit is kept. */
type Listeners = {
  onCommitted: CommitListener
  onEnqueued: EnqueuedListener
  onFailure: (failure: unknown) => void
}
type Caller = { resolve: (result: unknown) => void; reject: (error: Error) => void }

/** A worker thread that runs calls in the order they come. */
export class WorkerThread {
  readonly #worker: Worker
  readonly #calls = new Map<number, Caller>()
  readonly #ended = Promise.withResolvers<void>()
  readonly #died = Promise.withResolvers<Error>()
  #closing = false
  #nextId = 1

  /** What it said when its connection was open. */
  readonly ready: Ready

  private constructor(worker: Worker, ready: Ready, { onCommitted, onEnqueued, onFailure }: Listeners) {
    this.#worker = worker
    this.ready = ready
    worker.on('message', (report: Report) => {
      this.#settle(report)
      for (const failure of report.failures) onFailure(failure)
      if (report.committed.length > 0) onCommitted(restoreEvents(report.committed), report.committedAt)
      if (report.enqueued?.length) onEnqueued(report.enqueued)
    })
    let reason = 'it ended by itself'
    worker.on('error', (error) => (reason = String(error)))
    worker.on('exit', () => this.#end(reason))
  }

  /** Starts a worker; resolves when its connection is open. Throws what kept it from opening. */
  static async start(
    role: WorkerRole,
    listeners: Listeners = { onCommitted() {}, onEnqueued() {}, onFailure() {} }
  ): Promise<WorkerThread> {
    // A reader keeps nothing: what loading made grow for it would stay its for good, 4 MB a thread.
    const resourceLimits = role.mode === 'reader' ? { maxYoungGenerationSizeMb: 6 } : {}
    const worker = new Worker(places.storageWorker, {
      workerData: role,
      resourceLimits,
      // Without the process's own: a thread refuses those of V8, as --max-old-space-size.
      execArgv: []
    })
    const ready = await new Promise<Ready>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    worker.removeAllListeners('error')
    return new WorkerThread(worker, ready, listeners)
  }

  /** Resolves with the reason when the thread ends without `close`. */
  get died(): Promise<Error> {
    return this.#died.promise
  }

  /** Calls that were sent and not answered yet. */
  get load(): number {
    return this.#calls.size
  }

  run(spec: CallSpec): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#calls.set(id, { resolve, reject })
      this.#worker.postMessage({ id, ...spec })
    })
  }

  /** Ends after the calls that were sent before. */
  async close(): Promise<void> {
    this.#closing = true
    this.#worker.postMessage('close')
    await this.#ended.promise
  }

  #settle(report: Report): void {
    for (const answer of report.answers) {
      const call = this.#calls.get(answer.id)
      this.#calls.delete(answer.id)
      if (answer.ok) call?.resolve(answer.result)
      else if (answer.bug) call?.reject(Object.assign(new Error(answer.message), { stack: answer.stack }))
      else call?.reject(new Problem('storage_unavailable').causedBy(answer.stack))
    }
  }

  #end(reason: string): void {
    const error = new Error(`a thread of the message store died: ${reason}`)
    for (const call of this.#calls.values()) {
      call.reject(new Problem('storage_unavailable').causedBy(error))
    }
    this.#calls.clear()
    this.#ended.resolve()
    if (!this.#closing) this.#died.resolve(error)
  }
}
