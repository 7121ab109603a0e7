import { Worker } from 'node:worker_threads'
import { Problem } from '@parley/contract/errors'
import type { CommittedEvent } from '../event-log.ts'
import type { Job, Ready, Report, WorkerRole } from './jobs.ts'

type JobSpec = Job extends infer Each ? (Each extends Job ? Omit<Each, 'id'> : never) : never
type Caller = { resolve: (result: unknown) => void; reject: (error: Error) => void }

/** A worker thread that runs jobs in the order they come. */
export class WorkerThread {
  readonly #worker: Worker
  readonly #calls = new Map<number, Caller>()
  readonly #ended: Promise<void>
  #nextId = 1

  /** What it said when its connection was open. */
  readonly ready: Ready

  private constructor(worker: Worker, ready: Ready, onCommitted: (events: CommittedEvent[]) => void) {
    this.#worker = worker
    this.ready = ready
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()))
    worker.on('message', (report: Report) => {
      this.#settle(report)
      // After the answers: who sent a message has it acknowledged before the others' streams are woken.
      if (report.committed.length > 0) onCommitted(report.committed)
    })
    worker.on('error', (error) => this.#fail(error as Error))
    worker.on('exit', () => this.#fail(new Error('the worker has stopped')))
  }

  /** Starts a worker; resolves when its connection is open. Throws what kept it from opening. */
  static async start(
    role: WorkerRole,
    onCommitted: (events: CommittedEvent[]) => void = () => {}
  ): Promise<WorkerThread> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: role })
    const ready = await new Promise<Ready>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    worker.removeAllListeners('error')
    return new WorkerThread(worker, ready, onCommitted)
  }

  /** Jobs that were sent and not answered yet. */
  get load(): number {
    return this.#calls.size
  }

  run(spec: JobSpec): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#calls.set(id, { resolve, reject })
      this.#worker.postMessage({ id, ...spec })
    })
  }

  /** Ends after the jobs that were sent before. */
  async close(): Promise<void> {
    this.#worker.postMessage('close')
    await this.#ended
  }

  #settle(report: Report): void {
    for (const answer of report.answers) {
      const call = this.#calls.get(answer.id)
      this.#calls.delete(answer.id)
      if (answer.ok) call?.resolve(answer.result)
      else if (answer.bug) call?.reject(new Error(answer.detail))
      else call?.reject(new Problem(answer.code))
    }
  }

  #fail(error: Error): void {
    for (const call of this.#calls.values()) {
      call.reject(new Problem('storage_unavailable', `The message store stopped: ${error.message}`))
    }
    this.#calls.clear()
  }
}
