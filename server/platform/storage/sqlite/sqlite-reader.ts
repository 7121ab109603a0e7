import { DatabaseSync } from 'node:sqlite'
import { allChanges } from '../migrations/index.ts'
import { readSchemaState, requireUnchanged } from '../migrations/schema-state.ts'
import type { EngineStore } from '../store.ts'
import { openKysely } from './connection.ts'
import { ReaderPool, readOf } from './reader-pool.ts'

/**
 * Opens a SQLite file for commands that only read, beside a server. Throws `UnfitSchema` when the schema of the file belongs
 * to another version. A module of its own, because the server's main thread needs neither Kysely nor migrations.
 */
export async function openSqliteReader(
  path: string
): Promise<Pick<EngineStore<unknown, unknown>, 'read' | 'close'>> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    requireUnchanged(await readSchemaState(openKysely(database), 'sqlite', Object.keys(allChanges)))
  } finally {
    database.close()
  }
  const readers = await ReaderPool.open(path)
  return { read: readOf(readers), close: () => readers.close() }
}
