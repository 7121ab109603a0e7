import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { CommittedEvent } from '../../server/storage/event-log.ts'
import { reads, writes, type AnyRead, type AnyWrite } from '../../server/storage/procedures/index.ts'
import { readLogBounds } from '../../server/storage/procedures/events.ts'
import { openConnection, openKysely } from '../../server/storage/sqlite/connection.ts'
import { prepareWriter } from '../../server/storage/sqlite/writer.ts'
import type { Store } from '../../server/storage/store.ts'

/** A store that runs its procedures in this thread, and the statements that they ran. */
export type RecordingStore = Store & {
  readonly database: DatabaseSync
  /** What ran since the last call, with its parameters filled in; transactions are not in it. */
  takeStatements(): string[]
}

/** SQLite as the workers run it, without the workers: what a procedure asks of the database can be seen. */
export async function openRecordingStore(): Promise<RecordingStore> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-recording-'))
  const database = openConnection(join(folder, 'parley.db'), 'guest')
  const db = openKysely(database)
  const { settings, sendBatch } = await prepareWriter(database, db, null)
  const listeners: ((events: CommittedEvent[]) => void)[] = []
  let statements: string[] = []
  const record = (message: unknown) => {
    const { sql, database: ran } = message as { sql: string; database: DatabaseSync }
    if (ran === database) statements.push(sql)
  }
  subscribe('sqlite.db.query', record)

  const runRead = (name: string, input: unknown) =>
    (reads as unknown as Record<string, AnyRead>)[name]!(db, input) as Promise<never>
  async function run<Result>(job: () => Promise<{ result: Result; committed?: CommittedEvent[] }>) {
    const { result, committed = [] } = await job()
    for (const listener of listeners) listener(committed)
    return result
  }
  return {
    ...settings,
    renewed: null,
    database,
    takeStatements() {
      const taken = statements
      statements = []
      return taken
    },
    read: async (name, input) => runRead(name, input),
    snapshot: async (name, input) => ({
      head: (await readLogBounds(db, { userId: input.viewerId })).head,
      data: await runRead(name, input)
    }),
    write: (name, input) =>
      run(() => (writes as unknown as Record<string, AnyWrite>)[name]!(db, input)) as never,
    send: (send) =>
      run(async () => {
        const { outcomes, committed } = sendBatch([send])
        return { result: outcomes[0]!, committed }
      }),
    events: {
      epoch: settings.epoch,
      bounds: (userId) => readLogBounds(db, { userId }),
      heads: (userIds) => runRead('readHeads', { userIds }),
      eventsAfter: (userId, after, limit) => runRead('readEvents', { userId, after, limit }),
      onCommitted: (listener) => void listeners.push(listener)
    },
    async close() {
      unsubscribe('sqlite.db.query', record)
      database.close()
      await rm(folder, { recursive: true })
    }
  }
}
