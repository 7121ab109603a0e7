import type { DatabaseConfig } from './config.ts'
import { openSqliteStore, openSqliteStoreBeside } from './storage/sqlite/sqlite-store.ts'
import type { Store } from './storage/store.ts'

/** Opens the store for a server, on the engine that was chosen. Throws what keeps it from opening. */
export function openStore(database: DatabaseConfig): Promise<Store> {
  return openSqliteStore(sqlitePath(database))
}

/** The same store for a command, which may run beside a server. It must write nothing to the event log. */
export function openStoreBeside(database: DatabaseConfig): Promise<Store> {
  return openSqliteStoreBeside(sqlitePath(database))
}

/** The file, for what is SQLite's alone; `instead` is what to do on Postgres. Throws there. */
export function sqlitePath(
  database: DatabaseConfig,
  instead = 'Postgres is not in this version yet'
): string {
  if (database.kind === 'sqlite') return database.path
  throw new Error(instead)
}
