import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import type { Schema } from '../schema.ts'
import * as firstSchema from './0001-first-schema.ts'
import * as groups from './0002-groups.ts'
import * as recentRows from './0003-recent-rows.ts'
import type { Engine } from './columns.ts'

/** One change of the schema, for both engines. Adds what the older Parley beside it need not know. */
export type SchemaChange = {
  up: (db: Kysely<unknown>, engine: Engine) => Promise<void>
  /** Tables that nobody can write to while it reads or rewrites them; a line says so where they have rows. */
  locks: readonly (keyof Schema)[]
  /** Engines on whose schema an older Parley can no longer run: it is refused at its start. */
  breaksOlder: readonly Engine[]
}

/** Every change of the schema, in order. A released one is never edited; a new one is added below it. */
export const allChanges: Record<string, SchemaChange> = {
  '0001-first-schema': firstSchema,
  '0002-groups': groups,
  '0003-recent-rows': recentRows
}

const needsSetting = 'schema_needs'

/**
 * Brings the schema up to date; nodes that start together do it once. A schema that a newer Parley has added to is left
 * as it is. Throws when the newer one broke with this one. `say` gets a line for a change that will be felt.
 */
export async function migrate(
  db: Kysely<Schema>,
  engine: Engine,
  { changes = allChanges, say = (line: string) => console.error(line) } = {}
): Promise<void> {
  const migrations = Object.entries(changes).map(([name, change]): [string, Migration] => [
    name,
    { up: (transaction) => make(name, change, transaction as Kysely<Schema>) }
  ])

  async function make(name: string, { up, locks, breaksOlder }: SchemaChange, transaction: Kysely<Schema>) {
    for (const table of locks) {
      const row = await transaction.selectFrom(table).select(sql.lit(1).as('one')).limit(1).executeTakeFirst()
      if (row) say(`The schema changes (${name}): nobody can write to ${table} until that is done.`)
    }
    await up(transaction as unknown as Kysely<unknown>, engine)
    if (!breaksOlder.includes(engine)) return
    await transaction
      .insertInto('settings')
      .values({ name: needsSetting, value: name })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: name }))
      .execute()
  }

  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(migrations) }
  })
  const { error } = await migrator.migrateToLatest()
  if (!error) return
  const newer = await unknownChanges(db, changes)
  if (newer.length === 0) throw error
  const needs = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', needsSetting)
    .executeTakeFirst()
  if (needs && !(needs.value in changes)) {
    throw new Error(
      `this database was written by a newer Parley (${newer.join(', ')}); start that version, or restore a backup`
    )
  }
}

/** The changes that somebody else has made to the schema. */
async function unknownChanges(db: Kysely<Schema>, known: object): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === 'kysely_migration')) return []
  const rows = await (db as unknown as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map((row) => row.name).filter((name) => !(name in known))
}
