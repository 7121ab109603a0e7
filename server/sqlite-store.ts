import * as sendTransfer from './messages/send-transfer.ts'
import * as engine from './platform/storage/sqlite/sqlite-store.ts'
import type { Store } from './store.ts'
import type { SendOutcome } from './messages/procedures.ts'

/** Opens the store on a SQLite file for a server. Throws what `openSqliteEngine` throws. */
export async function openSqliteStore(
  path: string,
  options?: engine.SqliteOptions<SendOutcome>
): Promise<Store> {
  return await engine.openSqliteEngine(path, sendTransfer, options)
}

/** Opens it for a command that writes while no server runs. */
export async function openSqliteStoreForCommand(path: string): Promise<Store> {
  return await engine.openSqliteEngineForCommand(path, sendTransfer)
}
