import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe } from 'vitest'
import { openStore } from '../../../server/open-store.ts'
import type { DatabaseConfig } from '../../../server/config.ts'
import { openPool } from '../../../server/platform/storage/postgres/pool.ts'
import type { Schema } from '../../../server/platform/storage/schema.ts'
import { openConnection, openKysely } from '../../../server/platform/storage/sqlite/connection.ts'
import type { Store } from '../../../server/store.ts'
import { noPostgres, sharedDatabase } from '../../harness/shared-postgres.ts'

/** A store under test, with a way to reopen it on the same data. */
export type StoreUnderTest = { store: Store; database: DatabaseConfig; reopen(): Promise<void> }

type Engine = {
  name: string
  /** The reason why it cannot be tested here; undefined if it can. */
  missing?: string | undefined
  /** Returns an empty database; `place` is a folder of the test. */
  create: (place: string) => Promise<DatabaseConfig>
}

const sqlite: Engine = {
  name: 'SQLite',
  create: async (place) => ({ kind: 'sqlite', path: join(place, 'parley.db') })
}
const postgres: Engine = {
  name: 'Postgres',
  missing: noPostgres,
  create: async () => ({ kind: 'postgres', url: await sharedDatabase() })
}

/** Runs one suite in full on every engine; the suite creates its own databases. */
export function describeEngines(subject: string, suite: (create: Engine['create']) => void): void {
  for (const { name, missing, create } of [sqlite, postgres]) {
    describe.skipIf(missing)(`${subject} on ${name}${missing ? ` (${missing})` : ''}`, () => suite(create))
  }
}

/** Runs one suite on every engine, on an open store. */
export function describeStorage(subject: string, suite: (under: StoreUnderTest) => void): void {
  describeEngines(subject, (create) => {
    const under = {} as StoreUnderTest
    let place: string
    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), 'parley-storage-'))
      under.database = await create(place)
      under.store = await openStore(under.database)
      under.reopen = async () => {
        await under.store.close()
        under.store = await openStore(under.database)
      }
    })
    afterAll(async () => {
      await under.store.close()
      await rm(place, { recursive: true })
    })
    suite(under)
  })
}

/** Returns a database connection of the test. */
export function openKyselyOn(database: DatabaseConfig): Kysely<Schema> {
  if (database.kind === 'sqlite') return openKysely(openConnection(database.path, 'writer'))
  const pool = openPool(database.url, { max: 1, patient: true })
  return new Kysely({ dialect: new PostgresDialect({ pool }) })
}
