import { sql, type Kysely } from 'kysely'
import { databaseTime } from '../storage/database-time.ts'
import type { Schema } from '../storage/schema.ts'
import { deadMax } from './queue.ts'

type Lease = { id: number; generation: number }
export type FailedJob = Lease & {
  queue: string
  error: string
  repeatMs: number | null
  delayMs: number
  isLast: boolean
}

/** How jobs of one runner ended. */
export type Settlement = {
  runner: string
  /** A recurring job runs again `repeatMs` after now. */
  done: (Lease & { repeatMs: number | null })[]
  /** Run again `delayMs` from now, or are dead when this attempt was the last. */
  failed: FailedJob[]
  /** Given back: the attempt does not count. */
  released: Lease[]
}

/** Dead jobs that one transaction removes at most. */
const trimMax = 100

/** Acknowledges jobs. A lease that another runner has taken over is left to that one. */
export async function settle(
  db: Kysely<Schema>,
  { runner, done, failed, released }: Settlement
): Promise<void> {
  const finished = new Set(done.filter(({ repeatMs }) => repeatMs === null).map(({ id }) => id))
  for (const [generation, ids] of byGeneration(done.filter(({ id }) => finished.has(id)))) {
    const gone = await db
      .deleteFrom('jobs')
      .where('id', 'in', ids)
      .where('generation', '=', generation)
      .returning('id')
      .execute()
    for (const { id } of gone) finished.delete(id)
  }
  for (const { id, generation, repeatMs } of done) {
    if (repeatMs !== null && !(await repeat(db, { id, generation, repeatMs }))) finished.add(id)
  }
  // Those that were enqueued meanwhile run once more.
  if (finished.size > 0) {
    await freed(db, runner, [...finished])
      .set({ attempts: 0, last_error: null })
      .execute()
  }
  for (const job of failed) await fail(db, runner, job)
  if (released.length > 0) {
    await freed(
      db,
      runner,
      released.map(({ id }) => id)
    )
      .set((eb) => ({ attempts: eb('attempts', '-', 1) }))
      .execute()
  }
}

function byGeneration(leases: readonly Lease[]): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const { id, generation } of leases) groups.set(generation, [...(groups.get(generation) ?? []), id])
  return groups
}

/** An update that ends these leases of a runner. */
function freed(db: Kysely<Schema>, runner: string, ids: number[]) {
  return db
    .updateTable('jobs')
    .set((eb) => ({
      leased_until: null,
      leased_by: null,
      next_run_at: null,
      run_at: eb.fn.coalesce('next_run_at', 'run_at')
    }))
    .where('id', 'in', ids)
    .where('leased_by', '=', runner)
}

async function repeat(
  db: Kysely<Schema>,
  { id, generation, repeatMs }: Lease & { repeatMs: number }
): Promise<boolean> {
  const row = await db
    .updateTable('jobs')
    .set((eb) => ({
      leased_until: null,
      leased_by: null,
      attempts: 0,
      last_error: null,
      run_at: eb(databaseTime(db), '+', repeatMs)
    }))
    .where('id', '=', id)
    .where('generation', '=', generation)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

async function fail(db: Kysely<Schema>, runner: string, job: FailedJob): Promise<void> {
  if (job.isLast && (await buryJob(db, job))) return
  await db
    .updateTable('jobs')
    .set((eb) => ({
      leased_until: null,
      leased_by: null,
      next_run_at: null,
      last_error: job.error,
      run_at: eb(databaseTime(db), '+', job.delayMs),
      // What was enqueued meanwhile gets attempts of its own.
      attempts: eb.case().when('generation', '=', job.generation).then(eb.ref('attempts')).else(0).end()
    }))
    .where('id', '=', job.id)
    .where('leased_by', '=', runner)
    .execute()
}

/**
 * Marks a job dead and drops its queue's oldest dead ones beyond `deadMax`; a recurring one gets a successor. False when it
 * was enqueued or leased meanwhile.
 */
export async function buryJob(
  db: Kysely<Schema>,
  { id, generation, queue, error, repeatMs }: Omit<FailedJob, 'delayMs' | 'isLast'>
): Promise<boolean> {
  const now = databaseTime(db)
  const dead = await db
    .updateTable('jobs')
    .set({ dead_at: now, last_error: error, leased_until: null, leased_by: null })
    .where('id', '=', id)
    .where('generation', '=', generation)
    .returning(['key', 'epoch', 'payload'])
    .executeTakeFirst()
  if (!dead) return false
  if (repeatMs !== null) {
    await db
      .insertInto('jobs')
      .values({ ...dead, queue, run_at: sql<number>`${now} + ${sql.lit(repeatMs)}` })
      .onConflict((conflict) => conflict.columns(['queue', 'key']).where('dead_at', 'is', null).doNothing())
      .execute()
  }
  const old = db
    .selectFrom('jobs')
    .select('id')
    .where('queue', '=', queue)
    .where('dead_at', 'is not', null)
    .orderBy('dead_at', 'desc')
    .orderBy('id', 'desc')
    .limit(trimMax)
    .offset(deadMax)
  await db.deleteFrom('jobs').where('id', 'in', old).execute()
  return true
}
