import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'
import type { Queue } from './queue.ts'
import { RunningJob, type Ending } from './running-job.ts'
import { settlementOf } from './settlement.ts'
import type { Turn, TurnResult } from './turn-procedures.ts'

/** What the runner asks of a store. */
export type JobStore = {
  readonly epoch: string
  write(name: 'turnJobs', input: Turn): Promise<TurnResult>
  write(name: 'renewJob', input: { id: number; runner: string; leaseMs: number }): Promise<boolean>
  write(name: 'adoptJobs', input: { queue: string; epoch: string; limit: number }): Promise<number>
}

export type JobFailure = { queue: string; attempt: number; isLast: boolean }

export type RunnerOptions = {
  /** True where one process at a time has the database: the leases of all others are void. */
  alone: boolean
  /** Called with each failure of a job, and, without `job`, with the first of several failures of storage in a row. */
  onFailure: (error: unknown, job?: JobFailure) => void
  /** All queues are looked at this often, less up to half of it: a hint may be lost. */
  sweepMs?: number
  /** The longest backoff after a first failure, and after any. */
  retryMs?: { first: number; max: number }
}

type State = {
  readonly queue: Queue
  /** Handlers that run. */
  active: number
  /** True when a job may be due. */
  look: boolean
  /** When the next job is due, by `performance.now()`. */
  dueAt: number
}

/** Jobs that get the database's epoch in one transaction. */
const adoptMax = 1_000

/**
 * Leases jobs, runs their handlers and acknowledges them. One transaction at a time, a turn, acknowledges what ended and
 * leases what is due; a queue takes part once half of its places are free.
 */
export class JobRunner {
  /** Identifies this process in leases. */
  readonly #id = randomUUID()
  readonly #store: JobStore
  readonly #options: Required<RunnerOptions>
  readonly #states = new Map<string, State>()
  /** Attempts that are not acknowledged, or whose handler still runs: not leased here again. */
  readonly #running = new Map<number, RunningJob>()
  readonly #closing = new AbortController()
  #endings: Ending[] = []
  #turning: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #started = false
  #adopted = false
  /** By `performance.now()`. */
  #sweepAt = 0
  #onEnding = () => {}

  /** Runs nothing before `start`. Throws when two queues have one name. */
  constructor(store: JobStore, queues: readonly Queue[], options: RunnerOptions) {
    this.#store = store
    this.#options = { sweepMs: 30_000, retryMs: { first: 1_000, max: 600_000 }, ...options }
    for (const queue of queues) {
      if (this.#states.has(queue.queue)) throw new Error(`two queues have the name ${queue.queue}`)
      this.#states.set(queue.queue, { queue, active: 0, look: true, dueAt: Infinity })
    }
  }

  /** The number of handlers that run, by queue. */
  get active(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#states, ([name, { active }]) => [name, active]))
  }

  start(): void {
    this.#started = true
    this.#turn()
  }

  /** Looks for jobs in these queues; ignores those that it has no handler for. */
  wake(queues: readonly string[]): void {
    for (const name of queues) {
      const state = this.#states.get(name)
      if (state) state.look = true
    }
    this.#turn()
  }

  /** Leases nothing more, waits up to `drainMs` for the handlers that run, and gives the jobs of the others back. */
  async close(drainMs: number): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    const drained = new AbortController()
    const deadline = delay(drainMs, null, { signal: drained.signal }).catch(() => {})
    for (const job of this.#running.values()) job.stop()
    await this.#turning
    await Promise.race([this.#untilEnded(), deadline])
    drained.abort()
    for (const job of this.#running.values()) job.release()
    if (this.#endings.length === 0) return
    // Where storage does not answer, the leases end by themselves.
    await this.#write(this.#endings.splice(0), []).catch(this.#options.onFailure)
  }

  async #untilEnded(): Promise<void> {
    while ([...this.#running.values()].some(({ ended }) => !ended)) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onEnding = resolve
      await promise
    }
  }

  #turn(): void {
    if (!this.#started || this.#closing.signal.aborted) return
    this.#turning ??= this.#runTurns().finally(() => {
      this.#turning = undefined
      this.#wait()
    })
  }

  async #runTurns(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted && this.#hasWork();) {
      try {
        await this.#takeTurn()
        failures = 0
      } catch (error) {
        if (failures === 0) this.#options.onFailure(error)
        const pauseMs = backoffMs(++failures, { first: 200, max: this.#options.sweepMs })
        await delay(pauseMs, null, { signal }).catch(() => {})
      }
    }
  }

  #hasWork(): boolean {
    return this.#endings.length > 0 || this.#isSweepDue() || this.#wanting().length > 0
  }

  #isSweepDue(): boolean {
    return performance.now() >= this.#sweepAt
  }

  /** The queues that may have jobs due and have half of their places free: they are leased in batches. */
  #wanting(): State[] {
    return [...this.#states.values()].filter(
      ({ look, active, queue }) => look && active <= queue.concurrency / 2
    )
  }

  /** Sets the timer for what comes next. What came up since the last turn is done at once. */
  #wait(): void {
    if (this.#closing.signal.aborted) return
    if (this.#hasWork()) return this.#turn()
    const at = Math.min(this.#sweepAt, ...Array.from(this.#states.values(), ({ dueAt }) => dueAt))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => {
        const now = performance.now()
        for (const state of this.#states.values()) if (state.dueAt <= now) this.#look(state)
        this.#turn()
      },
      Math.max(1, at - performance.now())
    )
    this.#timer.unref()
  }

  #look(state: State): void {
    state.look = true
    state.dueAt = Infinity
  }

  async #takeTurn(): Promise<void> {
    const { sweepMs } = this.#options
    const isSweep = this.#isSweepDue()
    if (!this.#adopted) await this.#adopt()
    if (isSweep) for (const state of this.#states.values()) this.#look(state)
    const wanting = this.#wanting()
    for (const state of wanting) state.look = false
    const endings = this.#endings.splice(0)
    try {
      const result = await this.#write(endings, wanting, isSweep)
      if (isSweep) this.#sweepAt = performance.now() + sweepMs * (0.5 + Math.random() / 2)
      this.#forget(endings)
      for (const state of wanting) this.#begin(state, result)
    } catch (error) {
      this.#endings.unshift(...endings)
      for (const state of wanting) state.look = true
      throw error
    }
  }

  /** Gives jobs from before a restore the database's epoch, but for those that wait for the host. */
  async #adopt(): Promise<void> {
    for (const { queue } of this.#states.values()) {
      if (queue.waitsAfterRestore) continue
      const input = { queue: queue.queue, epoch: this.#store.epoch, limit: adoptMax }
      let adopted: number
      do adopted = await this.#store.write('adoptJobs', input)
      while (adopted > 0 && !this.#closing.signal.aborted)
    }
    this.#adopted = true
  }

  #write(endings: Ending[], wanting: State[], isSweep = false): Promise<TurnResult> {
    const ended = new Set(endings.map(({ job }) => job.id))
    const queues = Array.from(this.#states.values(), ({ queue }) => queue)
    return this.#store.write('turnJobs', {
      ...settlementOf(endings, (name) => this.#states.get(name)!.queue, this.#options.retryMs),
      runner: this.#id,
      epoch: this.#store.epoch,
      alone: this.#options.alone,
      running: [...this.#running]
        .filter(([id, { returned }]) => !ended.has(id) || !returned)
        .map(([id]) => id),
      wanted: wanting.map(({ queue: { queue, concurrency, leaseMs, maxAttempts, everyMs }, active }) => ({
        queue,
        limit: concurrency - active,
        leaseMs,
        maxAttempts,
        repeatMs: everyMs ?? null
      })),
      recurring: isSweep
        ? queues.flatMap(({ queue, everyMs }) => (everyMs === undefined ? [] : [{ queue, everyMs }]))
        : []
    })
  }

  #begin(state: State, { leased, waitMs }: TurnResult): void {
    const { queue } = state
    const jobs = leased.filter((job) => job.queue === queue.queue)
    // All that it asked for: there may be more.
    if (jobs.length >= queue.concurrency - state.active) state.look = true
    state.dueAt = performance.now() + (waitMs[queue.queue] ?? Infinity)
    for (const job of jobs) {
      if (this.#closing.signal.aborted) {
        this.#endings.push({ job, outcome: 'released' })
        continue
      }
      state.active++
      const running = new RunningJob(queue, job, {
        renew: ({ id }) => this.#store.write('renewJob', { id, runner: this.#id, leaseMs: queue.leaseMs }),
        onReturned: () => {
          state.active--
          if (!running.ended) return
          // Its deadline had passed; a retry may wait for it.
          this.#running.delete(job.id)
          state.look = true
          this.#turn()
        },
        onEnded: (ending) => this.#end(state, ending)
      })
      this.#running.set(job.id, running)
    }
  }

  #end(state: State, ending: Ending): void {
    const { job, outcome } = ending
    this.#endings.push(ending)
    // It may have been enqueued again.
    state.look = true
    if (typeof outcome === 'object') {
      const isLast = job.attempts >= state.queue.maxAttempts
      this.#options.onFailure(outcome.error, { queue: job.queue, attempt: job.attempts, isLast })
    }
    this.#onEnding()
    this.#turn()
  }

  #forget(endings: Ending[]): void {
    for (const { job } of endings) if (this.#running.get(job.id)?.returned) this.#running.delete(job.id)
  }
}
