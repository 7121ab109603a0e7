import { sql, type Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { keyLengthMax, payloadBytesMax } from './queue.ts'

export type NewJob = {
  queue: string
  /** A live job of this queue and key takes the payload over: a burst becomes one job. */
  key: string
  /** Anything that JSON can hold, up to 16 kB. */
  payload: unknown
  /** The earliest time to run, in ms by the database's clock; at once when left out. */
  runAt?: number
}

/**
 * Enqueues jobs in the open transaction. A job that waits keeps the earlier time; one that runs now runs once more. Give
 * the result as `enqueued` of the procedure, so that runners wake after the commit. Enqueue last: other transactions wait
 * for the rows. Throws `RangeError` for a key or a payload beyond the bounds.
 */
export async function enqueue(db: Kysely<Schema>, jobs: readonly NewJob[]): Promise<string[]> {
  // In one order, so that two transactions do not wait for each other.
  const ordered = jobs
    .map(encoded)
    .toSorted((left, right) => compare(left.queue, right.queue) || compare(left.key, right.key))
  for (const job of ordered) {
    await db
      .insertInto('jobs')
      .values({ ...job, epoch: sql<string>`(select value from settings where name = 'epoch')` })
      .onConflict((conflict) =>
        conflict
          .columns(['queue', 'key'])
          .where('dead_at', 'is', null)
          .doUpdateSet((eb) => {
            const isLeased = eb('jobs.leased_until', 'is not', null)
            const earlier = (column: 'jobs.run_at' | 'jobs.next_run_at') =>
              eb.or([eb(column, 'is', null), eb(column, '>', eb.ref('excluded.run_at'))])
            return {
              payload: eb.ref('excluded.payload'),
              epoch: eb.ref('excluded.epoch'),
              generation: eb('jobs.generation', '+', 1),
              next_run_at: eb
                .case()
                .when(eb.and([isLeased, earlier('jobs.next_run_at')]))
                .then(eb.ref('excluded.run_at'))
                .else(eb.ref('jobs.next_run_at'))
                .end(),
              run_at: eb
                .case()
                // Neither a lease nor a backoff is cut short.
                .when(eb.and([eb('jobs.attempts', '=', 0), earlier('jobs.run_at')]))
                .then(eb.ref('excluded.run_at'))
                .else(eb.ref('jobs.run_at'))
                .end()
            }
          })
      )
      .execute()
  }
  return [...new Set(jobs.map(({ queue }) => queue))]
}

function encoded({ queue, key, payload, runAt = 0 }: NewJob) {
  const text = JSON.stringify(payload ?? null)
  if (Buffer.byteLength(text) > payloadBytesMax) {
    throw new RangeError(`The payload of a job in ${queue} is larger than ${payloadBytesMax} bytes.`)
  }
  if (queue.length > keyLengthMax || key.length > keyLengthMax) {
    throw new RangeError(`The key of a job in ${queue} is longer than ${keyLengthMax} characters.`)
  }
  return {
    queue,
    key,
    payload: text,
    run_at: runAt,
    next_run_at: null,
    leased_until: null,
    leased_by: null,
    last_error: null,
    dead_at: null
  }
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
