import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Client, type QueryConfig } from 'pg'
import { openPostgresStore } from '../../server/postgres-store.ts'
import type { CommitListener, CommittedEvent } from '../../server/platform/storage/event-log.ts'
import { prepareSendBatch } from '../../server/messages/sqlite-batch.ts'
import type { Reads, Writes } from '../../server/platform/storage/store.ts'
import * as procedures from '../../server/procedures.ts'
import { readHead } from '../../server/event-log/procedures.ts'
import { openConnection, openKysely } from '../../server/platform/storage/sqlite/connection.ts'
import { prepareWriter } from '../../server/platform/storage/sqlite/writer.ts'
import type { Store } from '../../server/store.ts'
import { sharedDatabase } from './shared-postgres.ts'

const reads: Reads = procedures.reads
const writes: Writes = procedures.writes

/** An executed statement; SQLite's have their values inlined. */
export type Statement = { text: string; values: unknown[] }

/** A store that records the statements of its procedures. */
export type RecordingStore = Store & {
  /** Returns the statements since the last call, without those that begin and end transactions. */
  takeStatements(): Statement[]
  /** Runs a statement without recording it. */
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
}

/** Opens SQLite as its workers do, but runs the procedures in this thread. */
export async function openRecordingSqlite(): Promise<RecordingStore> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-recording-'))
  const database = openConnection(join(folder, 'parley.db'), 'command')
  const db = openKysely(database)
  const { settings, sendBatch, forget } = await prepareWriter(database, db, prepareSendBatch)
  const listeners: CommitListener[] = []
  let statements: Statement[] = []
  const record = (message: unknown) => {
    const { sql, database: ran } = message as { sql: string; database: DatabaseSync }
    if (ran === database) statements.push({ text: sql, values: [] })
  }
  subscribe('sqlite.db.query', record)

  const runRead = (name: string, input: unknown) => reads[name]!(db, input as never) as Promise<never>
  async function run<Result>(job: () => Promise<{ result: Result; committed?: CommittedEvent[] }>) {
    const { result, committed = [] } = await job()
    for (const listener of listeners) listener(committed, 0)
    return result
  }
  return {
    ...settings,
    renewed: null,
    takeStatements() {
      const taken = statements
      statements = []
      return taken
    },
    async query(text) {
      const before = statements.length
      const rows = database.prepare(text).all()
      statements.length = before
      return rows
    },
    read: async (name, input) => runRead(name, input),
    snapshot: async (name, input) => ({
      head: await readHead(db, input.viewerId),
      data: await runRead(name, input)
    }),
    write: (name, input) => run(() => writes[name]!(db, input as never)) as never,
    send: (send) =>
      run(async () => {
        // The most statements possible: nothing is cached.
        forget()
        const { outcomes, committed } = sendBatch([send])
        return { result: outcomes[0]!, committed }
      }),
    queues: () => ({ reads: 0, writes: 0, sends: 0 }),
    events: {
      epoch: settings.epoch,
      bounds: (userIds) => runRead('readLogBounds', { userIds }),
      eventsAfter: (places, limit) => runRead('readEvents', { places, limit }),
      onCommitted: (listener) => void listeners.push(listener)
    },
    onEnqueued() {},
    async close() {
      unsubscribe('sqlite.db.query', record)
      database.close()
      await rm(folder, { recursive: true })
    }
  }
}

const transactional = /^\s*(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SET )/i

/** Opens the real store on a new database of the run's Postgres; one at a time per process. */
export async function openRecordingPostgres(): Promise<RecordingStore> {
  const url = await sharedDatabase()
  let statements: Statement[] = []
  const prototype = Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const real = prototype.query
  prototype.query = function record(this: Client, ...args: unknown[]) {
    const [first, second] = args as [string | QueryConfig, unknown[] | undefined]
    const { text, values } = typeof first === 'string' ? { text: first, values: second } : first
    if (this !== own && !transactional.test(text)) statements.push({ text, values: values ?? [] })
    return real.apply(this, args)
  }
  const own = new Client({ connectionString: url })
  await own.connect()
  const store = await openPostgresStore(url)
  return {
    ...store,
    takeStatements() {
      // Queries on a new connection do not belong to a procedure.
      const taken = statements.filter(
        ({ text }) => !/server_version_num|pg_control_system|kysely_migration/.test(text)
      )
      statements = []
      return taken
    },
    query: async (text, values) => (await own.query<Record<string, unknown>>(text, values)).rows,
    async close() {
      prototype.query = real
      await own.end()
      await store.close()
    }
  }
}
