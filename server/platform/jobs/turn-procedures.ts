import type { Expression, Kysely, RawBuilder, SqlBool } from 'kysely'
import { databaseTime } from '../storage/database-time.ts'
import type { Schema } from '../storage/schema.ts'
import { buryJob, settle, type Settlement } from './settlement-procedures.ts'

/** What one runner writes in one transaction: how its jobs ended, and which it wants next. */
export type Turn = Settlement & {
  /** The database's epoch: jobs of another one are held back. */
  epoch: string
  /** True where one process at a time has the database: leases of other runners are void. */
  alone: boolean
  /** Ids that this runner still runs: never leased again, whatever the clock says. */
  running: number[]
  wanted: { queue: string; limit: number; leaseMs: number; maxAttempts: number; repeatMs: number | null }[]
  /** Recurring queues to check. */
  recurring: { queue: string; everyMs: number }[]
}

/** A job and its lease; `generation` identifies the lease. */
export type LeasedJob = {
  id: number
  queue: string
  key: string
  payload: string
  generation: number
  attempts: number
}

/** `waitMs` has, for each wanted queue, the time until its next job is due; null while none waits. */
export type TurnResult = { leased: LeasedJob[]; waitMs: Record<string, number | null> }

/** The error of a job whose leases all ended without an answer. */
const unanswered = 'No attempt ended: the process was killed, or the handler exceeded its lease.'

/** Acknowledges what ended and leases what is due. Retrying it after a lost reply is safe. */
export async function turnJobs(db: Kysely<Schema>, turn: Turn): Promise<{ result: TurnResult }> {
  // One moment for all: a job that becomes due in between would be neither leased nor waited for.
  const now = databaseTime(db)
  await settle(db, turn)
  for (const { queue, everyMs } of turn.recurring) await ensureRecurring(db, queue, everyMs, turn.epoch, now)
  const leased: LeasedJob[] = []
  const waitMs: TurnResult['waitMs'] = {}
  for (const wanted of turn.wanted) {
    leased.push(...(await lease(db, turn, wanted, now)))
    waitMs[wanted.queue] = await untilNext(db, wanted.queue, turn.epoch, now)
  }
  return { result: { leased, waitMs } }
}

async function lease(
  db: Kysely<Schema>,
  turn: Turn,
  wanted: Turn['wanted'][number],
  now: RawBuilder<number>
): Promise<LeasedJob[]> {
  let due = db
    .selectFrom('jobs')
    .select(['id', 'generation', 'attempts'])
    .where('queue', '=', wanted.queue)
    .where('epoch', '=', turn.epoch)
    .where('dead_at', 'is', null)
    .where('run_at', '<=', now)
    .where((eb) => {
      const free: Expression<SqlBool>[] = [eb('leased_until', 'is', null), eb('leased_until', '<=', now)]
      if (turn.alone) free.push(eb('leased_by', '<>', turn.runner))
      return eb.or(free)
    })
    .orderBy('run_at')
    .orderBy('id')
    .limit(wanted.limit)
    .forUpdate()
    .skipLocked()
  if (turn.running.length > 0) due = due.where('id', 'not in', turn.running)
  const rows = await due.execute()
  const ids: number[] = []
  for (const { id, generation, attempts } of rows) {
    if (attempts < wanted.maxAttempts) ids.push(id)
    else
      await buryJob(db, { id, generation, queue: wanted.queue, error: unanswered, repeatMs: wanted.repeatMs })
  }
  if (ids.length === 0) return []
  const jobs = await db
    .updateTable('jobs')
    .set((eb) => ({
      leased_by: turn.runner,
      leased_until: eb(now, '+', wanted.leaseMs),
      attempts: eb('attempts', '+', 1),
      generation: eb('generation', '+', 1),
      next_run_at: null
    }))
    .where('id', 'in', ids)
    .returning(['id', 'queue', 'key', 'payload', 'generation', 'attempts'])
    .execute()
  // In the order in which they are due; an update returns them in any.
  return jobs.toSorted((left, right) => ids.indexOf(left.id) - ids.indexOf(right.id))
}

async function untilNext(
  db: Kysely<Schema>,
  queue: string,
  epoch: string,
  now: RawBuilder<number>
): Promise<number | null> {
  const next = await db
    .selectFrom('jobs')
    .select((eb) => eb('run_at', '-', now).as('wait'))
    .where('queue', '=', queue)
    .where('epoch', '=', epoch)
    .where('dead_at', 'is', null)
    .where('run_at', '>', now)
    .orderBy('run_at')
    .limit(1)
    .executeTakeFirst()
  return next?.wait ?? null
}

/** Makes a recurring job where there is none, and brings back one that a clock set back has moved too far away. */
async function ensureRecurring(
  db: Kysely<Schema>,
  queue: string,
  everyMs: number,
  epoch: string,
  now: RawBuilder<number>
): Promise<void> {
  const job = await db
    .selectFrom('jobs')
    .select(['id', (eb) => eb('run_at', '>', eb(now, '+', everyMs)).as('isFar')])
    .where('queue', '=', queue)
    .where('key', '=', '')
    .where('dead_at', 'is', null)
    .executeTakeFirst()
  if (!job) {
    await db
      .insertInto('jobs')
      .values({ ...newRecurring(queue, epoch), run_at: 0 })
      .onConflict((conflict) => conflict.columns(['queue', 'key']).where('dead_at', 'is', null).doNothing())
      .execute()
  } else if (job.isFar) {
    await db
      .updateTable('jobs')
      .set((eb) => ({ run_at: eb(now, '+', everyMs) }))
      .where('id', '=', job.id)
      .where('run_at', '>', (eb) => eb(now, '+', everyMs))
      .execute()
  }
}

function newRecurring(queue: string, epoch: string) {
  return { queue, epoch, key: '', payload: 'null' } as const
}
