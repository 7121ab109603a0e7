import { sql, type Kysely } from 'kysely'
import { databaseTime } from '../storage/database-time.ts'
import type { Schema } from '../storage/schema.ts'
import { enqueue, type NewJob } from './enqueue-procedures.ts'

export { turnJobs } from './turn-procedures.ts'

/** Enqueues jobs that no other change causes. */
export async function enqueueJobs(
  db: Kysely<Schema>,
  { jobs }: { jobs: NewJob[] }
): Promise<{ result: null; enqueued: string[] }> {
  return { result: null, enqueued: await enqueue(db, jobs) }
}

/** Extends a lease to `leaseMs` from now; false when the runner does not hold it any more. */
export async function renewJob(
  db: Kysely<Schema>,
  { id, runner, leaseMs }: { id: number; runner: string; leaseMs: number }
): Promise<{ result: boolean }> {
  const row = await db
    .updateTable('jobs')
    .set((eb) => ({ leased_until: eb(databaseTime(db), '+', leaseMs) }))
    .where('id', '=', id)
    .where('leased_by', '=', runner)
    .returning('id')
    .executeTakeFirst()
  return { result: row !== undefined }
}

/**
 * Gives up to `limit` jobs of a queue that are from before a restore the current epoch, so that they run. Returns how many;
 * call it until there are none.
 */
export async function adoptJobs(
  db: Kysely<Schema>,
  { queue, epoch, limit }: { queue: string; epoch: string; limit: number }
): Promise<{ result: number; enqueued: string[] }> {
  let adopted = 0
  // Two ranges of the index; one inequality would read all jobs of the queue.
  for (const side of ['<', '>'] as const) {
    const old = await db
      .selectFrom('jobs')
      .select('id')
      .where('queue', '=', queue)
      .where('epoch', side, epoch)
      .where('dead_at', 'is', null)
      .limit(limit - adopted)
      .forUpdate()
      .skipLocked()
      .execute()
    if (old.length > 0) {
      const ids = old.map(({ id }) => id)
      // Their leases ended with the process that had them.
      await db
        .updateTable('jobs')
        .set({ epoch, leased_until: null, leased_by: null })
        .where('id', 'in', ids)
        .execute()
    }
    adopted += old.length
    if (adopted === limit) break
  }
  return { result: adopted, enqueued: adopted > 0 ? [queue] : [] }
}

/** A job that failed for the last time. Times are ms. */
export type DeadJob = {
  id: number
  queue: string
  key: string
  attempts: number
  error: string
  deadAt: number
}

/** Lists the dead jobs of a queue, newest first; `after` is the last job of the previous page. */
export async function listDeadJobs(
  db: Kysely<Schema>,
  { queue, after, limit }: { queue: string; after: Pick<DeadJob, 'id' | 'deadAt'> | null; limit: number }
): Promise<DeadJob[]> {
  let page = db
    .selectFrom('jobs')
    .select(['id', 'queue', 'key', 'attempts', 'last_error', 'dead_at'])
    .where('queue', '=', queue)
    .where('dead_at', 'is not', null)
  if (after) {
    page = page
      .where('dead_at', '<=', after.deadAt)
      .where((eb) => eb.or([eb('dead_at', '<', after.deadAt), eb('id', '<', after.id)]))
  }
  const rows = await page.orderBy('dead_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(({ last_error: error, dead_at: deadAt, ...job }) => ({
    ...job,
    error: error ?? '',
    deadAt: deadAt!
  }))
}

/** The number of dead jobs of every queue that has some. */
export async function countDeadJobs(
  db: Kysely<Schema>,
  _input: Record<string, never>
): Promise<{ queue: string; dead: number }[]> {
  return db
    .selectFrom('jobs')
    .select(['queue', (eb) => eb.fn.countAll<number>().as('dead')])
    .where('dead_at', 'is not', null)
    .groupBy('queue')
    .orderBy('queue')
    .execute()
}

export type JobCounts = { queue: string; waiting: number; held: number; dead: number }

/** Counts the jobs of these queues by state, each up to `max`. `held` are of an epoch from before a restore. */
export async function countJobs(
  db: Kysely<Schema>,
  { queues, epoch, max }: { queues: string[]; epoch: string; max: number }
): Promise<JobCounts[]> {
  async function count(queue: string, by: 'waiting' | '<' | '>' | 'dead'): Promise<number> {
    const rows = db
      .selectFrom('jobs')
      .select(sql.lit(1).as('one'))
      .where('queue', '=', queue)
      .where('dead_at', by === 'dead' ? 'is not' : 'is', null)
      .$if(by !== 'dead', (query) => query.where('epoch', by === 'waiting' ? '=' : (by as '<'), epoch))
      .limit(max)
    const row = await db
      .selectFrom(rows.as('found'))
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return row.count
  }
  const counts: JobCounts[] = []
  for (const queue of queues) {
    const [waiting, dead] = [await count(queue, 'waiting'), await count(queue, 'dead')]
    const held = Math.min(max, (await count(queue, '<')) + (await count(queue, '>')))
    counts.push({ queue, waiting, held, dead })
  }
  return counts
}
