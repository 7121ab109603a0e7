import { readHead } from './event-log/procedures.ts'
import { openLogReads } from './event-log/postgres-log-reads.ts'
import { openSends } from './messages/postgres-sends.ts'
import type { Send, SendOutcome } from './messages/procedures.ts'
import * as engine from './platform/storage/postgres/postgres-store.ts'
import { reads, singleReads, writes } from './procedures.ts'
import type { Store, StoreReader } from './store.ts'

const procedures: engine.PostgresProcedures<Send, SendOutcome> = {
  reads,
  singleReads,
  writes,
  readHead,
  openLogReads,
  openSends
}

/** Opens the store on a Postgres database for a server. Throws what `openPostgresEngine` throws. */
export async function openPostgresStore(
  url: string,
  options?: engine.PostgresOptions<SendOutcome>
): Promise<Store> {
  return await engine.openPostgresEngine(url, procedures, options)
}

/** Opens it for a command that writes beside the servers. */
export async function openPostgresStoreForCommand(url: string): Promise<Store> {
  return await engine.openPostgresEngineForCommand(url, procedures)
}

/** Opens it for a command that only reads. */
export async function openPostgresReader(url: string): Promise<StoreReader> {
  return await engine.openPostgresEngineReader(url, procedures)
}
