import type { Kysely } from 'kysely'
import { typesOf, type Engine } from './columns.ts'
import type { NewIndex } from './concurrent-indexes.ts'

export const breaksOlder = [] as const
export const locks = [] as const
export const indexes: readonly NewIndex[] = [
  { name: 'sessions_family_id', on: 'sessions', columns: ['family_id'] }
]

/**
 * Session families, disabled accounts, and sign-ins that count once. Older nodes leave the new columns empty: a session
 * without a family is one of its own.
 */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer, text, key } = typesOf[engine]
  const sessions = () => db.schema.alterTable('sessions')

  await sessions().addColumn('family_id', key).execute()
  await sessions().addColumn('absolute_end', integer).execute()
  await sessions().addColumn('authenticated_at', integer).execute()
  await sessions().addColumn('last_used_at', integer).execute()
  await sessions().addColumn('device', text).execute()
  await sessions().addColumn('superseded_at', integer).execute()
  await sessions().addColumn('successor_salt', text).execute()

  await db.schema.alterTable('users').addColumn('disabled_at', integer).execute()

  await db.schema
    .createTable('used_sign_ins')
    .addColumn('state_hash', key, (c) => c.primaryKey())
    .addColumn('expires_at', integer, (c) => c.notNull())
    .execute()
  await db.schema.createIndex('used_sign_ins_expires_at').on('used_sign_ins').column('expires_at').execute()
}
