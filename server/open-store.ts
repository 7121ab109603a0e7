import type { DatabaseConfig } from './config.ts'
import type { SendOutcome } from './messages/procedures.ts'
import type { BatchObserver } from './platform/storage/commit-queue.ts'
import type { Store, StoreReader } from './store.ts'

type Observers = {
  /** Called for each batch of sends. */
  onSends?: BatchObserver<SendOutcome> | undefined
  logger?: { warn(line: string): void; error(fields: object, line: string): void }
}

// Each engine is loaded when it is chosen: the other one's libraries are 20 MB.
const sqlite = () => import('./sqlite-store.ts')
const postgres = () => import('./postgres-store.ts')

/** Opens the store for a server, on the engine that was chosen. Throws what keeps it from opening. */
export async function openStore(
  database: DatabaseConfig,
  { onSends, logger }: Observers = {}
): Promise<Store> {
  const onFailure = (failure: unknown) =>
    logger?.error(
      { err: failure },
      'a fault after a commit, which is kept; the next sweep delivers its events'
    )
  if (database.kind === 'sqlite') {
    return (await sqlite()).openSqliteStore(database.path, { onSends, onFailure })
  }
  return (await postgres()).openPostgresStore(database.url, {
    onSends,
    onFailure,
    onNewerSchema(names) {
      logger?.warn(
        `a newer Parley has added to the database (${names.join(', ')}): this node keeps running; upgrade it soon`
      )
    },
    onState(state, reason) {
      if (state === 'ok') logger?.warn('Postgres answers again')
      else logger?.warn(`Postgres does not answer (${reason}): requests that need it are refused with 503`)
    }
  })
}

/**
 * Opens the store for a command that writes: on Postgres beside servers, on SQLite only without one (`DatabaseInUse`). The
 * command must not write to the event log. Creates the schema of an empty database and changes no other: throws, in one line,
 * when the database belongs to another version.
 */
export async function openStoreForCommand(database: DatabaseConfig): Promise<Store> {
  return database.kind === 'postgres'
    ? (await postgres()).openPostgresStoreForCommand(database.url)
    : (await sqlite()).openSqliteStoreForCommand(database.path)
}

/** The same for a command that only reads: it writes nothing at all. */
export async function openStoreReader(database: DatabaseConfig): Promise<StoreReader> {
  return database.kind === 'postgres'
    ? (await postgres()).openPostgresReader(database.url)
    : (await import('./platform/storage/sqlite/sqlite-reader.ts')).openSqliteReader(database.path)
}

/** The file, for what is SQLite's alone. Throws `instead` on Postgres: what to do there. */
export function sqlitePath(database: DatabaseConfig, instead: string): string {
  if (database.kind === 'sqlite') return database.path
  throw new Error(instead)
}
