import { Kysely, PostgresDialect } from 'kysely'
import type { ClientBase, Pool } from 'pg'
import { allChanges, migrate } from '../migrations/index.ts'
import { readSchemaState, requireUnchanged } from '../migrations/schema-state.ts'
import { openSettings, type Settings } from '../settings.ts'
import type { Schema } from '../schema.ts'
import { checkPrivileges, checkSearchPath } from './access-check.ts'
import { readIdentity, renewEpoch, type Identity } from './epoch.ts'
import { explain } from './explanation.ts'
import { openPool } from './pool.ts'
import { checkPooler } from './pooler-check.ts'

/** What is known of a database once it is ready; `renewed` is why its epoch was replaced, or null. */
export type Prepared = Settings & { renewed: string | null; identity: Identity | null }

/** Makes a database ready: checked, the schema up to date, the settings there. Throws in a line why it cannot be used. */
export function prepareDatabase(url: string): Promise<Prepared> {
  return prepare(url, async (db, pool) => {
    await migrate(db, 'postgres')
    await withClient(pool, checkPrivileges)
    const { result: settings } = await openSettings(db, {})
    const identity = await withClient(pool, readIdentity)
    return { ...settings, ...(await renewEpoch(db, identity)), identity }
  })
}

/**
 * The same for a command that writes: makes the schema of an empty database, and changes none, nor the epoch. Throws in a line
 * also when the schema is another version's.
 */
export function prepareForCommand(url: string): Promise<Prepared> {
  return prepare(url, async (db, pool) => {
    const state = await readSchemaState(db, 'postgres', Object.keys(allChanges))
    if (state.empty) await migrate(db, 'postgres')
    else requireUnchanged(state)
    await withClient(pool, checkPrivileges)
    const { result: settings } = await openSettings(db, {})
    return { ...settings, renewed: null, identity: null }
  })
}

/** The same for a command that only reads: nothing is written. */
export function checkDatabase(url: string): Promise<void> {
  return prepare(url, async (db) =>
    requireUnchanged(await readSchemaState(db, 'postgres', Object.keys(allChanges)))
  )
}

async function prepare<Result>(
  url: string,
  work: (db: Kysely<Schema>, pool: Pool) => Promise<Result>
): Promise<Result> {
  const pool = openPool(url, { max: 1, patient: true })
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  try {
    await withClient(pool, async (client) => {
      await checkPooler(client, url)
      await checkSearchPath(client)
    })
    return await work(db, pool)
  } catch (error) {
    throw explain(error, url)
  } finally {
    // Not by `db`, which ends no pool that it has asked nothing: its connection would keep a command alive for a minute.
    await pool.end()
  }
}

async function withClient<Result>(pool: Pool, use: (client: ClientBase) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  return use(client).finally(() => client.release())
}
