/** What a handler gets beside the payload. */
export type JobContext = {
  /** Identifies the job in its queue. */
  key: string
  /** 1 at the first attempt. */
  attempt: number
  /** Aborts when the lease ends and when the process stops. */
  signal: AbortSignal
  /** Extends the lease and the deadline by `leaseMs` from now. Throws when another node has the job by now. */
  renew: () => Promise<void>
}

/** A queue and the handler of its jobs. A job may run more than once: handlers are idempotent. */
export type Queue = {
  /** `noun.verb`. */
  queue: string
  /** Does the work of one job. What it throws fails the attempt. */
  handle(payload: unknown, context: JobContext): Promise<void>
  /** Failed attempts after which a job is dead. */
  maxAttempts: number
  /** The time that one attempt may take; a handler that needs more calls `renew`. */
  leaseMs: number
  /** Jobs that run at the same time on one node. */
  concurrency: number
  /** Makes the queue one job without payload, which runs again this long after it succeeded. */
  everyMs?: number
  /** Jobs from before a restore wait until the host releases them. */
  waitsAfterRestore?: boolean
}

/** Bounds of a job. */
export const payloadBytesMax = 16_384
export const keyLengthMax = 200
export const errorLengthMax = 1_000
/** Dead jobs that a queue keeps: the newest. */
export const deadMax = 1_000
