import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import * as firstSchema from './0001-first-schema.ts'

/** Every change of the schema, in order. A released one is never edited; a new one is added below it. */
const migrations: Record<string, Migration> = {
  '0001-first-schema': firstSchema
}

/** Brings the schema up to date. Throws when the database was written by a newer Parley. */
export async function migrate(db: Kysely<never>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (!error) return
  const detail = error instanceof Error ? error.message : JSON.stringify(error)
  throw new Error(
    /missing/.test(detail)
      ? `this database was written by a newer Parley (${detail}); start that version, or restore a backup`
      : `the schema could not be brought up to date: ${detail}`
  )
}
