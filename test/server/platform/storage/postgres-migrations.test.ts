import { Kysely, PostgresDialect, sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  allChanges,
  migrate,
  type SchemaChange
} from '../../../../server/platform/storage/migrations/index.ts'
import { openPool } from '../../../../server/platform/storage/postgres/pool.ts'
import type { Schema } from '../../../../server/platform/storage/schema.ts'
import { hold, untilWaiting } from '../../../harness/held-transaction.ts'
import { noPostgres, sharedDatabase } from '../../../harness/shared-postgres.ts'

const addsColumn: SchemaChange = {
  up: (db) => db.schema.alterTable('users').addColumn('shoe_size', 'text').execute(),
  locks: [],
  breaksOlder: []
}
const addsIndex: SchemaChange = {
  up: async () => {},
  locks: [],
  breaksOlder: [],
  indexes: [{ name: 'users_created_at', on: 'users', columns: ['created_at'] }]
}

const addUser = (db: Kysely<Schema>, name: string) =>
  db.insertInto('users').values({ username: name, username_key: name, created_at: 1 }).execute()
const isIndexValid = async (db: Kysely<Schema>) => {
  const { rows } = await sql<{ valid: boolean }>`
  SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('users_created_at')`.execute(db)
  return rows[0]?.valid
}

describe.skipIf(noPostgres)(`A migration on Postgres${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let url: string
  beforeEach(async () => {
    url = await sharedDatabase()
  })
  const open = () =>
    new Kysely<Schema>({ dialect: new PostgresDialect({ pool: openPool(url, { max: 1, patient: true }) }) })

  test('U1: rebuilds an index that a crash left incomplete', async () => {
    const db = open()
    await migrate(db, 'postgres')
    for (const name of ['anna', 'bob']) await addUser(db, name)
    // An interrupted build leaves an invalid index; here because two rows are equal.
    await expect(
      sql`CREATE UNIQUE INDEX CONCURRENTLY users_created_at ON users (created_at)`.execute(db)
    ).rejects.toThrow('could not create unique index')
    expect(await isIndexValid(db)).toBe(false)
    await migrate(db, 'postgres', { changes: { ...allChanges, '9999-index': addsIndex }, say: () => {} })
    expect(await isIndexValid(db)).toBe(true)
    await db.destroy()
  })

  test('U1: killed in the middle of a build, is completed by the next start while others write', async () => {
    const [holder, builder, other] = [open(), open(), open()]
    await migrate(builder, 'postgres')
    await addUser(builder, 'anna')
    // A build waits for every earlier transaction.
    const held = await hold(holder, (db) => addUser(db, 'bob'))
    const changes = { ...allChanges, '9999-index': addsIndex }
    const building = migrate(builder, 'postgres', { changes, say: () => {} })
    const killed = expect(building).rejects.toThrow(/terminat|ECONNRESET/i)
    await untilWaiting(url, 1)
    await addUser(other, 'carl')
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%'`.execute(other)
    await killed
    expect(await isIndexValid(other)).toBe(false)
    await held.end('commit')
    await migrate(other, 'postgres', { changes, say: () => {} })
    expect(await isIndexValid(other)).toBe(true)
    await Promise.all([holder, builder, other].map((db) => db.destroy()))
  })

  test('U1: that cannot lock its table lets others go first, and is retried', async () => {
    const [holder, other, changer] = [open(), open(), open()]
    await migrate(changer, 'postgres')
    await addUser(changer, 'john')
    const held = await hold(holder, (db) => db.selectFrom('users').select('id').execute())
    const waited = Promise.withResolvers<void>()
    const changed = migrate(changer, 'postgres', {
      changes: { ...allChanges, '9999-shoes': addsColumn },
      lockTimeoutMs: 100,
      say: (line) => /Parley retries/.test(line) && waited.resolve()
    })
    await untilWaiting(url, 1)
    // It queues behind the migration, and proceeds as soon as that gives up.
    expect(await other.selectFrom('users').select('username').execute()).toEqual([{ username: 'john' }])
    await waited.promise
    await held.end('commit')
    await changed
    expect(await sql`SELECT shoe_size FROM users`.execute(other)).toMatchObject({
      rows: [{ shoe_size: null }]
    })
    await Promise.all([holder, other, changer].map((db) => db.destroy()))
  })
})
