import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql, type Kysely } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DatabaseConfig } from '../../../server/config.ts'
import { findPerson } from '../../../server/people/people.ts'
import { openStore, openStoreForCommand, openStoreReader } from '../../../server/open-store.ts'
import { allChanges, migrate, type SchemaChange } from '../../../server/platform/storage/migrations/index.ts'
import type { Schema } from '../../../server/platform/storage/schema.ts'
import { describeEngines, openKyselyOn } from './engines.ts'

const addsColumn: SchemaChange = {
  up: (db) => db.schema.alterTable('users').addColumn('shoe_size', 'text').execute(),
  locks: ['users', 'messages'],
  breaksOlder: []
}

const someone = (db: Kysely<Schema>) =>
  db.insertInto('users').values({ username: 'John', username_key: 'john', created_at: 1 }).execute()

describeEngines('The schema', (create) => {
  let place: string
  let database: DatabaseConfig
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'parley-schema-'))
    database = await create(place)
  })
  afterEach(() => rm(place, { recursive: true }))

  /**
   * Migrates the schema to a state of `changes`, as another version would, and runs `use` on the database.
   */
  async function migrateTo(
    changes: Record<string, SchemaChange>,
    use: (db: Kysely<Schema>) => Promise<unknown> = async () => {}
  ): Promise<string[]> {
    const db = openKyselyOn(database)
    const lines: string[] = []
    await migrate(db, database.kind, { changes, say: (line) => lines.push(line) })
    await use(db)
    await db.destroy()
    return lines
  }
  test('U1: of an older Parley is migrated, with its data', async () => {
    const [first, ...later] = Object.entries(allChanges)
    expect(later).not.toEqual([])
    await migrateTo(Object.fromEntries([first!]), someone)
    const store = await openStore(database)
    expect(await store.read('findUser', { key: 'john' })).toMatchObject({ username: 'John' })
    await store.close()
  })

  test('U1: of an older Parley gives every username its new key, and renames no user', async () => {
    const [first] = Object.entries(allChanges)
    const names = ['İrem', 'ΝΊΚΟΣ', 'Zoë', 'anna', 'νίκοσ']
    await migrateTo(Object.fromEntries([first!]), async (db) => {
      for (const username of names) {
        const values = { username, username_key: username.normalize('NFKC').toLowerCase(), created_at: 1 }
        await db.insertInto('users').values(values).execute()
      }
    })
    const store = await openStore(database)
    for (const typed of ['irem', 'İREM', 'νίκος', 'ΝΊΚΟΣ', 'zoe\u0308', 'ANNA']) {
      const found = await findPerson(store, typed).catch((error: Error) => error.message)
      expect(found, typed).toMatchObject({ username: expect.stringMatching(/İrem|ΝΊΚΟΣ|Zoë|anna|νίκοσ/) })
    }
    // Both keep their names; the one whose key was free already has it.
    expect((await findPerson(store, 'νίκοσ')).username).toBe('νίκοσ')
    expect((await findPerson(store, 'ΝΊΚΟΣ')).username).toBe('ΝΊΚΟΣ')
    await store.close()
  })

  test('U2: with only additions by a newer Parley still works', async () => {
    await migrateTo({ ...allChanges, '9999-shoes': addsColumn }, someone)
    const store = await openStore(database)
    expect(await store.read('findUser', { key: 'john' })).toMatchObject({ username: 'John' })
    await store.close()
  })

  test('U2: with an incompatible change by a newer Parley is refused, by the name of the migration', async () => {
    await migrateTo({
      ...allChanges,
      '9998-shoes': addsColumn,
      '9999-boots': { ...addsColumn, breaksOlder: ['sqlite', 'postgres'], up: async () => {} }
    })
    await expect(openStore(database)).rejects.toThrow(/written by a newer Parley \(9998-shoes, 9999-boots\)/)
  })

  test('U1: a migration that locks a non-empty table announces it', async () => {
    await migrateTo(allChanges, someone)
    expect(await migrateTo({ ...allChanges, '9999-shoes': addsColumn })).toEqual([
      'The schema changes (9999-shoes): writes to users wait until it is done.'
    ])
  })

  const allButTheLast = Object.fromEntries(Object.entries(allChanges).slice(0, -1))
  const changesMade = async () => {
    const db = openKyselyOn(database)
    const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db)
    await db.destroy()
    return rows.map((row) => row.name)
  }

  test.each([
    ['reads', openStoreReader],
    ['writes', openStoreForCommand]
  ] as const)('U3: of an older Parley is refused by a command that %s, and is unchanged', async (_, open) => {
    await migrateTo(allButTheLast, someone)
    const lacks = Object.keys(allChanges).at(-1)!
    await expect(open(database)).rejects.toThrow(
      new RegExp(`^this database is of an older Parley \\(it lacks ${lacks}\\)`)
    )
    expect(await changesMade()).toEqual(Object.keys(allButTheLast))
    const store = await openStore(database)
    await store.close()
    expect(await changesMade()).toEqual(Object.keys(allChanges))
    const command = await open(database)
    expect(await command.read('findUser', { key: 'john' })).toMatchObject({ username: 'John' })
    await command.close()
  })

  test('U3: of a diverged version, both newer and older, is refused', async () => {
    await migrateTo({ ...allButTheLast, '9999-shoes': addsColumn })
    await expect(openStore(database)).rejects.toThrow(/written by a newer Parley \(9999-shoes\)/)
  })

  test('U3: of another program is refused', async () => {
    await migrateTo({ '0001-recipes': { ...addsColumn, locks: [], up: async () => {} } })
    await expect(openStore(database)).rejects.toThrow(/the tables of another program/)
  })

  const addsIndex: SchemaChange = {
    up: async () => {},
    locks: [],
    breaksOlder: [],
    indexes: [{ name: 'users_created_at', on: 'users', columns: ['created_at'], where: 'created_at > 0' }]
  }
  /**
   * Returns the validity of each index with this name on Postgres; on SQLite every existing index is valid.
   */
  const indexesNamed = async (db: Kysely<Schema>) => {
    const query =
      database.kind === 'sqlite'
        ? sql<{ valid: unknown }>`SELECT TRUE AS valid FROM sqlite_schema WHERE name = 'users_created_at'`
        : sql<{ valid: unknown }>`SELECT indisvalid AS valid FROM pg_index
            WHERE indexrelid = to_regclass('users_created_at')`
    return (await query.execute(db)).rows.map((row) => Boolean(row.valid))
  }

  test('U1: an index of a migration is built once, also by nodes that start together', async () => {
    await migrateTo(allChanges, someone)
    const withIndex = { ...allChanges, '9999-index': addsIndex }
    const announced = await Promise.all(
      (database.kind === 'sqlite' ? [0] : [0, 1, 2]).map(() => migrateTo(withIndex))
    )
    expect(announced.flat()).toHaveLength(database.kind === 'sqlite' ? 0 : 1)
    await migrateTo(withIndex, async (db) => expect(await indexesNamed(db)).toEqual([true]))
  })
})
