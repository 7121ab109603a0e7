import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { withRetries } from '../postgres/retries.ts'
import type { Schema } from '../schema.ts'
import * as firstSchema from './0001-first-schema.ts'
import * as groups from './0002-groups.ts'
import * as recentRows from './0003-recent-rows.ts'
import * as sessionFamilies from './0004-session-families.ts'
import * as usernameKeys from './0005-username-keys.ts'
import * as jobs from './0006-jobs.ts'
import * as personalState from './0007-personal-state.ts'
import * as serverRoles from './0008-server-roles.ts'
import type { Engine } from './columns.ts'
import { buildIndexes, createIndex, indexesOf, type NewIndex } from './concurrent-indexes.ts'
import { needsSetting, readSchemaState, requireReadable } from './schema-state.ts'

/** One change of the schema, for both engines. Adds what the older Parley beside it need not know. */
export type SchemaChange = {
  up: (db: Kysely<unknown>, engine: Engine) => Promise<void>
  /** Tables that are locked for writes while it runs; a log line says so if they have rows. */
  locks: readonly (keyof Schema)[]
  /** Engines on whose schema an older Parley can no longer run: it is refused at its start, and ends where it runs. */
  breaksOlder: readonly Engine[]
  /** Indexes on tables that may be large. Postgres builds them after `up`, outside its transaction, while others write. */
  indexes?: readonly NewIndex[]
}

/** Every change of the schema, in order. A released one is never edited; a new one is added below it. */
export const allChanges: Record<string, SchemaChange> = {
  '0001-first-schema': firstSchema,
  '0002-groups': groups,
  '0003-recent-rows': recentRows,
  '0004-session-families': sessionFamilies,
  '0005-username-keys': usernameKeys,
  '0006-jobs': jobs,
  '0007-personal-state': personalState,
  '0008-server-roles': serverRoles
}

/** How long a change waits for a table in use; later queries of that table queue behind it. */
const lockTimeoutMs = 2_000
/** How long a change is retried that did not get its tables. */
const retryMs = 10 * 60_000

export type MigrateOptions = {
  changes?: Record<string, SchemaChange>
  /** Gets a line for a change that will be felt. */
  say?: (line: string) => void
  lockTimeoutMs?: number
  retryMs?: number
}

/**
 * Brings the schema up to date; nodes that start together do it once. A schema that a newer Parley has added to is left
 * as it is. Throws `UnfitSchema` when the newer one broke with this one.
 */
export async function migrate(
  db: Kysely<Schema>,
  engine: Engine,
  options: MigrateOptions = {}
): Promise<void> {
  const { changes = allChanges, say = (line: string) => console.error(line) } = options
  const state = await readSchemaState(db, engine, Object.keys(changes))
  requireReadable(state)
  if (state.missing.length > 0) await makeChanges(db, engine, changes, { ...options, say })
  // A new database has no rows: its indexes are built at once, without a line.
  if (engine === 'postgres') await buildIndexes(db, indexesOf(changes), state.empty ? () => {} : say)
}

async function makeChanges(
  db: Kysely<Schema>,
  engine: Engine,
  changes: Record<string, SchemaChange>,
  options: MigrateOptions & { say: (line: string) => void }
): Promise<void> {
  const { say } = options
  const migrations = Object.entries(changes).map(([name, change]): [string, Migration] => [
    name,
    { up: (transaction) => runChange(name, change, transaction as Kysely<Schema>) }
  ])

  async function runChange(name: string, change: SchemaChange, transaction: Kysely<Schema>): Promise<void> {
    if (engine === 'postgres') {
      // Of this transaction alone.
      await sql.raw(`SET LOCAL lock_timeout = ${options.lockTimeoutMs ?? lockTimeoutMs}`).execute(transaction)
    }
    for (const table of change.locks) {
      const row = await transaction.selectFrom(table).select(sql.lit(1).as('one')).limit(1).executeTakeFirst()
      if (row) say(`The schema changes (${name}): writes to ${table} wait until it is done.`)
    }
    await change.up(transaction as unknown as Kysely<unknown>, engine)
    if (engine === 'sqlite') for (const index of change.indexes ?? []) await createIndex(transaction, index)
    if (!change.breaksOlder.includes(engine)) return
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
  let waited = false
  async function attempt(): Promise<void> {
    const { error } = await migrator.migrateToLatest()
    if (!error) return
    // A newer version may have changed it in the same moment.
    const state = engine === 'postgres' ? await readSchemaState(db, engine, Object.keys(changes)) : null
    if (!state || state.newer.length === 0) throw error
    requireReadable(state)
  }
  await withRetries(
    attempt,
    (error) => {
      if (!isLockTimeout(error)) return false
      if (!waited) say('The schema change waits for other transactions on its tables; Parley retries.')
      waited = true
      return true
    },
    options.retryMs ?? retryMs
  )
}

/** `lock_not_available`: the change gave up its place in the lock queue, so that other transactions could continue. */
function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03'
}
