import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DatabaseConfig } from '../../../server/config.ts'
import { openStore } from '../../../server/open-store.ts'
import { allChanges, migrate, type SchemaChange } from '../../../server/storage/migrations/index.ts'
import type { Schema } from '../../../server/storage/schema.ts'
import { describeEngines, openKyselyOn } from './engines.ts'

const addsColumn: SchemaChange = {
  up: (db) => db.schema.alterTable('users').addColumn('shoe_size', 'text').execute(),
  locks: ['users', 'messages'],
  breaksOlder: []
}

const someone = (db: Kysely<Schema>) =>
  db.insertInto('users').values({ username: 'John', username_key: 'john', created_at: 1 }).execute()

describeEngines('The schema', (make) => {
  let place: string
  let database: DatabaseConfig
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'parley-schema-'))
    database = await make(place)
  })
  afterEach(() => rm(place, { recursive: true }))

  /** Brings the schema to where `changes` lead, as another version would, and lets `use` the database. */
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
  test('U1: of an older Parley is brought up to date, with what is in it', async () => {
    const [first, ...later] = Object.entries(allChanges)
    expect(later).not.toEqual([])
    await migrateTo(Object.fromEntries([first!]), someone)
    const store = await openStore(database)
    expect(await store.read('findUser', { key: 'john' })).toMatchObject({ username: 'John' })
    await store.close()
  })

  test('U2: that a newer Parley has only added to is good for this one', async () => {
    await migrateTo({ ...allChanges, '9999-shoes': addsColumn }, someone)
    const store = await openStore(database)
    expect(await store.read('findUser', { key: 'john' })).toMatchObject({ username: 'John' })
    await store.close()
  })

  test('U2: that a newer Parley has broken with is refused, by the name of the change', async () => {
    await migrateTo({
      ...allChanges,
      '9998-shoes': addsColumn,
      '9999-boots': { ...addsColumn, breaksOlder: ['sqlite', 'postgres'], up: async () => {} }
    })
    await expect(openStore(database)).rejects.toThrow(/written by a newer Parley \(9998-shoes, 9999-boots\)/)
  })

  test('U1: a change that locks a table says so where the table has rows', async () => {
    await migrateTo(allChanges, someone)
    expect(await migrateTo({ ...allChanges, '9999-shoes': addsColumn })).toEqual([
      'The schema changes (9999-shoes): nobody can write to users until that is done.'
    ])
  })
})
