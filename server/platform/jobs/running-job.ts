import type { Queue } from './queue.ts'
import type { LeasedJob } from './turn-procedures.ts'

/** How an attempt ended. `released` gives the job back without counting the attempt. */
export type Ending = { job: LeasedJob; outcome: 'done' | 'released' | { error: unknown } }

type Options = {
  /** Extends the lease in the database; false when another node has the job. */
  renew: (job: LeasedJob) => Promise<boolean>
  /** Called once, when the job can be acknowledged: the handler has ended, or its deadline has passed. */
  onEnded: (ending: Ending) => void
  /** Called once, when the handler has ended. */
  onReturned: () => void
}

/** One attempt of a job, with its deadline. */
export class RunningJob {
  readonly job: LeasedJob
  readonly #queue: Queue
  readonly #options: Options
  readonly #abort = new AbortController()
  #deadline: NodeJS.Timeout | undefined
  #stopping = false
  #ended = false
  #returned = false

  constructor(queue: Queue, job: LeasedJob, options: Options) {
    this.job = job
    this.#queue = queue
    this.#options = options
    this.#setDeadline()
    this.#run().then(
      () => this.#return('done'),
      (error: unknown) => this.#return(this.#stopping ? 'released' : { error })
    )
  }

  /** True when the job can be acknowledged. */
  get ended(): boolean {
    return this.#ended
  }

  /** True when the handler has ended; one that ignores its signal may outlive the attempt. */
  get returned(): boolean {
    return this.#returned
  }

  /** Asks the handler to stop; what it throws from now on gives the job back. */
  stop(): void {
    this.#stopping = true
    this.#abort.abort(new Error('The process stops.'))
  }

  /** Gives the job back, whatever its handler still does. */
  release(): void {
    this.#end('released')
  }

  async #run(): Promise<void> {
    const { key, payload, attempts } = this.job
    await this.#queue.handle(JSON.parse(payload), {
      key,
      attempt: attempts,
      signal: this.#abort.signal,
      renew: () => this.#renew()
    })
  }

  async #renew(): Promise<void> {
    const { signal } = this.#abort
    signal.throwIfAborted()
    const held = await this.#options.renew(this.job)
    signal.throwIfAborted()
    if (!held) throw new Error('Another node has the job: the lease had ended.')
    this.#setDeadline()
  }

  #setDeadline(): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => {
      const error = new Error(`The handler took longer than its lease of ${this.#queue.leaseMs} ms.`)
      this.#abort.abort(error)
      this.#end({ error })
    }, this.#queue.leaseMs)
    this.#deadline.unref()
  }

  #return(outcome: Ending['outcome']): void {
    this.#returned = true
    this.#options.onReturned()
    this.#end(outcome)
  }

  #end(outcome: Ending['outcome']): void {
    clearTimeout(this.#deadline)
    if (this.#ended) return
    this.#ended = true
    this.#options.onEnded({ job: this.job, outcome })
  }
}
