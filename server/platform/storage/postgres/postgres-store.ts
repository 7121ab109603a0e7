import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import type { ClientBase, Pool } from 'pg'
import type { BatchObserver } from '../commit-queue.ts'
import { openCommitListeners } from '../commit-listeners.ts'
import type { CommitListener, CommittedEvent, EventLog } from '../event-log.ts'
import type { Schema } from '../schema.ts'
import type { EngineStore, EnqueuedListener, Read, Reads, Write, Writes } from '../store.ts'
import { watchAvailability, type OnState } from './availability.ts'
import { readIdentity, renewalOf } from './epoch.ts'
import { isConflict, UnfitPostgres } from './failures.ts'
import { openNotices } from './notices.ts'
import { openPool } from './pool.ts'
import { checkDatabase, prepareForCommand, prepareDatabase, type Prepared } from './preparation.ts'
import { preparing } from './prepared.ts'
import { withRetries } from './retries.ts'
import { watchSchema } from './schema-watch.ts'

/** Connections by purpose, so that a query that waits for a lock does not delay the others. */
const connections = { reads: 4, logReads: 2, writes: 4, sends: 2 }
/** How long a write is tried again that met others. */
const conflictMs = 2_000

/** What the engine runs: the procedures of every noun, and the two paths with statements of their own. */
export type PostgresProcedures<Send, Outcome> = {
  reads: Reads
  /** Reads of one statement, which by itself is one snapshot. */
  singleReads: ReadonlySet<string>
  writes: Writes
  /** The head of a user's log. */
  readHead: (db: Kysely<Schema>, userId: number) => Promise<number>
  openLogReads: (pool: Pool) => Pick<EventLog, 'bounds' | 'eventsAfter'>
  openSends: (
    pool: Pool,
    lanes: number,
    onCommitted: (events: CommittedEvent[]) => void,
    options: { onBatch?: BatchObserver<Outcome> | undefined }
  ) => { send: (send: Send) => Promise<Outcome>; waiting: () => number }
}

export type PostgresOptions<Outcome> = {
  onState?: OnState
  /** Called with the names of schema changes that a newer version made; this node keeps running. */
  onNewerSchema?: (names: string[]) => void
  onSends?: BatchObserver<Outcome> | undefined
  /** Called with what failed after a commit; the commit is kept. */
  onFailure?: (failure: unknown) => void
}

/**
 * Opens the store on a Postgres database, which any number of nodes may share. Throws, in one line for the administrator, when
 * the database cannot be used.
 */
export async function openPostgresEngine<Send, Outcome>(
  url: string,
  procedures: PostgresProcedures<Send, Outcome>,
  options: PostgresOptions<Outcome> = {}
): Promise<EngineStore<Send, Outcome>> {
  return open(url, await prepareDatabase(url), procedures, options)
}

/** The same for a command that writes: few connections, and what it asks may take as long as it takes. */
export async function openPostgresEngineForCommand<Send, Outcome>(
  url: string,
  procedures: PostgresProcedures<Send, Outcome>
): Promise<EngineStore<Send, Outcome>> {
  return open(url, await prepareForCommand(url), procedures, {}, true)
}

/** For a command that only reads. */
export async function openPostgresEngineReader(
  url: string,
  { reads }: { reads: Reads }
): Promise<Pick<EngineStore<unknown, unknown>, 'read' | 'close'>> {
  await checkDatabase(url)
  const db = openKysely(openPool(url, { max: 1, patient: true }))
  const { answer } = watchAvailability(() => {})
  return {
    read: (name, input) => answer(inSnapshot(db, (snapshot) => reads[name]!(snapshot, input))),
    close: () => db.destroy()
  }
}

function open<Send, Outcome>(
  url: string,
  { epoch, cookieSecret, renewed, identity }: Prepared,
  { reads, singleReads, writes, readHead, openLogReads, openSends }: PostgresProcedures<Send, Outcome>,
  { onState = () => {}, onNewerSchema = () => {}, onFailure = () => {}, onSends }: PostgresOptions<Outcome>,
  patient = false
): EngineStore<Send, Outcome> {
  const died = Promise.withResolvers<Error>()
  const listeners = openCommitListeners<Parameters<CommitListener>>(onFailure)
  const enqueuedListeners = openCommitListeners<Parameters<EnqueuedListener>>(onFailure)
  const { answer, settled } = watchAvailability(onState)

  /** A server that took over or was restored may lack events that clients have seen: this process stops using the old epoch. */
  async function onConnect(client: ClientBase): Promise<void> {
    const now = await readIdentity(client)
    if (!identity || !now || JSON.stringify(now) === JSON.stringify(identity)) return
    const moved = new UnfitPostgres(
      `the database is ${renewalOf(now, identity)}; a new start finds out what it holds`
    )
    died.resolve(moved)
    throw moved
  }
  const openFor = (max: number, prepared = false) =>
    openPool(url, { max: patient ? 1 : max, patient, prepared, onConnect })
  // A command reads whole tables, too, and each once.
  const readPool = openFor(connections.reads, !patient)
  const writePool = openFor(connections.writes)
  const [sendPool, logPool] = [openFor(connections.sends, true), openFor(connections.logReads, true)]
  const log = openLogReads(logPool)
  const readDb = openKysely(patient ? readPool : preparing(readPool))
  const writeDb = openKysely(writePool)

  function tell(events: CommittedEvent[] = []): void {
    const committedAt = performance.timeOrigin + performance.now()
    if (events.length > 0) listeners.notify(events, committedAt)
  }
  const notices = openNotices(url, writePool)
  const sends = openSends(sendPool, connections.sends, tell, { onBatch: onSends })

  const read: EngineStore<Send, Outcome>['read'] = (name, input) => {
    const procedure: Read = reads[name]!
    const work = singleReads.has(name)
      ? procedure(readDb, input)
      : inSnapshot(readDb, (db) => procedure(db, input))
    return answer(work)
  }

  async function runWrite(procedure: Write, input: never): Promise<unknown> {
    const {
      result,
      committed,
      enqueued = []
    } = await withRetries(
      () =>
        writeDb
          .transaction()
          .setIsolationLevel('read committed')
          .execute((db) => procedure(db, input)),
      isConflict,
      conflictMs
    )
    tell(committed)
    if (enqueued.length > 0) enqueuedListeners.notify(enqueued)
    return result
  }

  const schema = patient ? null : watchSchema(readDb, { onAdded: onNewerSchema, onBroken: died.resolve })

  return {
    epoch,
    cookieSecret,
    renewed,
    read,
    snapshot: (name, input) =>
      answer(
        inSnapshot(readDb, async (db) => {
          // Read the head before the data: a stream that resumes from it misses nothing.
          const head = await readHead(db, (input as { viewerId: number }).viewerId)
          return { head, data: await reads[name]!(db, input) }
        })
      ),
    write: (name, input) => answer(runWrite(writes[name]!, input)),
    send: (send) => answer(sends.send(send)),
    events: {
      epoch,
      bounds: (userIds) => answer(log.bounds(userIds)),
      eventsAfter: (places, limit) => answer(log.eventsAfter(places, limit)),
      onCommitted: listeners.add
    },
    onEnqueued: enqueuedListeners.add,
    notices,
    queues: () => ({
      reads: busy(readPool) + busy(logPool),
      writes: busy(writePool) + busy(sendPool),
      sends: sends.waiting()
    }),
    died: died.promise,
    async close() {
      await schema?.close()
      await notices.close()
      await settled()
      await Promise.all([readPool, writePool, sendPool, logPool].map((pool) => pool.end()))
    }
  }
}

function inSnapshot<Result>(
  db: Kysely<Schema>,
  read: (db: Kysely<Schema>) => Promise<Result>
): Promise<Result> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((snapshot) => read(snapshot))
}

/** Returns the number of connections in use and of requests that wait for one. */
function busy(pool: Pool): number {
  return pool.totalCount - pool.idleCount + pool.waitingCount
}

function openKysely(pool: PostgresPool): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
}
