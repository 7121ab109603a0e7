import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { inject } from 'vitest'
import type { DatabaseConfig } from '../../server/config.ts'
import { openKyselyOn } from '../contracts/storage/engines.ts'
import { administer } from './postgres.ts'
import { sharedDatabase } from './shared-postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The database engine of the Vitest project; SQLite by default. */
    engine: DatabaseConfig['kind']
  }
}

/** Returns an empty database on the project's engine; `place` is a folder of the test. */
export async function emptyDatabase(place: string): Promise<DatabaseConfig> {
  return inject('engine') === 'postgres'
    ? { kind: 'postgres', url: await sharedDatabase() }
    : { kind: 'sqlite', path: join(place, 'parley.db') }
}

/** Changes a database without its store. */
export async function changeBeside(database: DatabaseConfig, statement: string): Promise<void> {
  if (database.kind === 'postgres') {
    await administer(database.url, statement)
    return
  }
  const connection = new DatabaseSync(database.path, { timeout: 5_000 })
  connection.exec(statement)
  connection.close()
}

/** Reads a database without its store. Returns numbers as numbers on both engines. */
export async function rowsBeside<Row extends object>(
  database: DatabaseConfig,
  query: string
): Promise<Row[]> {
  const db = openKyselyOn(database)
  try {
    return (await sql<Row>`${sql.raw(query)}`.execute(db)).rows
  } finally {
    await db.destroy()
  }
}
