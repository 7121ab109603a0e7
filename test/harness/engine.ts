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
    /** What a project runs its files on, SQLite unless it says something else. */
    engine: DatabaseConfig['kind']
  }
}

/** An empty database on the engine that the project is for; `place` is a folder of the test's own. */
export async function emptyDatabase(place: string): Promise<DatabaseConfig> {
  return inject('engine') === 'postgres'
    ? { kind: 'postgres', url: await sharedDatabase() }
    : { kind: 'sqlite', path: join(place, 'parley.db') }
}

/** Changes a database behind its store's back. */
export async function changeBeside(database: DatabaseConfig, statement: string): Promise<void> {
  if (database.kind === 'postgres') {
    await administer(database.url, statement)
    return
  }
  const connection = new DatabaseSync(database.path)
  connection.exec(statement)
  connection.close()
}

/** Reads a database behind its store's back. Numbers are numbers on both engines. */
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
