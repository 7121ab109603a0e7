import type { ClientBase } from 'pg'
import { UnfitPostgres } from './failures.ts'

/** The oldest Postgres version that the tests run on. */
const oldestVersion = 15

type Facts = {
  version: number
  fsync: string
  synchronous_commit: string
  server_encoding: string
  read_only: string
  standby: boolean
}

/**
 * Asks a server, on every new connection, for the settings that the promise rests on: an administrator may change them at
 * any time. Throws `UnfitPostgres` when an acknowledged message could be lost.
 */
export async function checkServer(client: ClientBase): Promise<void> {
  const { rows } = await client.query<Facts>(`
    SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS synchronous_commit,
      current_setting('server_encoding') AS server_encoding,
      current_setting('transaction_read_only') AS read_only, pg_is_in_recovery() AS standby`)
  const why = unfitness(rows[0]!)
  if (why) throw new UnfitPostgres(why)
}

function unfitness(facts: Facts): string | null {
  const major = Math.floor(facts.version / 10_000)
  if (major < oldestVersion) return `this is Postgres ${major}; Parley needs ${oldestVersion} or newer`
  if (facts.fsync !== 'on') {
    return 'Postgres runs with fsync off: acknowledged messages could be lost; turn it on'
  }
  if (facts.synchronous_commit === 'off') {
    return 'Postgres runs with synchronous_commit off: acknowledged messages could be lost; turn it on'
  }
  if (facts.server_encoding !== 'UTF8') {
    return `the database is encoded in ${facts.server_encoding}; make it with ENCODING 'UTF8'`
  }
  if (facts.standby) return 'this Postgres is a standby, where nothing can be written; name the primary'
  if (facts.read_only === 'on') {
    return 'this Postgres takes reads only (default_transaction_read_only); turn that off'
  }
  return null
}
