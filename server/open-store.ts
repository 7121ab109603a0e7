import type { DatabaseConfig } from './config.ts'
import { openPostgresStore } from './storage/postgres/postgres-store.ts'
import { openSqliteStore, openSqliteStoreBeside } from './storage/sqlite/sqlite-store.ts'
import type { BatchObserver, SendOutcome, Store } from './storage/store.ts'

/** Opens the store for a server, on the engine that was chosen; `onSends` hears of each batch. Throws what keeps it from opening. */
export function openStore(database: DatabaseConfig, onSends?: BatchObserver<SendOutcome>): Promise<Store> {
  return database.kind === 'postgres'
    ? openPostgresStore(database.url, onSends)
    : openSqliteStore(database.path, onSends)
}

/** The same store for a command, which may run beside a server. It must write nothing to the event log. */
export function openStoreBeside(database: DatabaseConfig): Promise<Store> {
  return database.kind === 'postgres' ? openPostgresStore(database.url) : openSqliteStoreBeside(database.path)
}

/** The file, for what is SQLite's alone. Throws `instead` on Postgres: what to do there. */
export function sqlitePath(database: DatabaseConfig, instead: string): string {
  if (database.kind === 'sqlite') return database.path
  throw new Error(instead)
}
