import type { Kysely } from 'kysely'
import { DatabaseError, type ClientBase } from 'pg'
import { newEpoch } from '../settings.ts'
import type { Schema } from '../schema.ts'

/** What a database is: the server it is on, its place there, and the timeline that the server is on. */
export type Identity = { server: string; database: string; timeline: string }

const identitySetting = 'postgres_identity'

/**
 * Detects a restored database: a dump creates new tables; a base backup, or a standby that takes over, has a new timeline. Events
 * that clients have seen may be missing, so the database gets a new epoch, and every client fetches a new snapshot. Nodes that
 * start together do it once.
 */
export async function renewEpoch(
  db: Kysely<Schema>,
  now: Identity | null
): Promise<{ epoch: string; renewed: string | null }> {
  return db.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('settings')
      .select(['name', 'value'])
      .where('name', 'in', ['epoch', identitySetting])
      .orderBy('name')
      .forUpdate()
      .execute()
    const { epoch, [identitySetting]: known } = Object.fromEntries(rows.map((row) => [row.name, row.value]))
    if (!now || known === JSON.stringify(now)) return { epoch: epoch!, renewed: null }
    await set(transaction, identitySetting, JSON.stringify(now))
    if (known === undefined) return { epoch: epoch!, renewed: null }
    const renewed = newEpoch()
    await set(transaction, 'epoch', renewed)
    return { epoch: renewed, renewed: renewalOf(now, JSON.parse(known) as Identity) }
  })
}

/** Null if the server does not say; some hosted ones do not allow the query. */
export async function readIdentity(client: ClientBase): Promise<Identity | null> {
  try {
    const { rows } = await client.query<Identity>(`
      SELECT (SELECT system_identifier::text FROM pg_control_system()) AS server,
        (SELECT oid FROM pg_database WHERE datname = current_database())::text || '/' || 'settings'::regclass::oid
          AS database,
        left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline`)
    return rows[0]!
  } catch (error) {
    if (error instanceof DatabaseError && /^(42501|0A000|42883)$/.test(error.code ?? '')) return null
    throw error
  }
}

function set(db: Kysely<Schema>, name: string, value: string) {
  return db
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}

/** How a database is not what it was. */
export function renewalOf(now: Identity, then: Identity): string {
  if (now.server !== then.server) return 'on another server than it was'
  if (now.database !== then.database) return 'restored from a dump'
  return 'on another timeline than it was'
}
