import type { Kysely } from 'kysely'
import { typesOf, type Engine } from './columns.ts'

export const breaksOlder = [] as const
export const locks = [] as const

/**
 * Personal state. A node of the version before passes its events on as the log holds them, without the value; clients then
 * fetch it.
 */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer, text, key } = typesOf[engine]

  await db.schema
    .createTable('personal_state')
    .addColumn('user_id', integer, (c) => c.notNull().references('users.id'))
    .addColumn('kind', key, (c) => c.notNull())
    .addColumn('key', key, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('value', text)
    .addColumn('bytes', integer, (c) => c.notNull())
    .addColumn('changed_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('personal_state_pk', ['user_id', 'kind', 'key'])
    .execute()

  await db.schema
    .createTable('personal_totals')
    .addColumn('user_id', integer, (c) => c.primaryKey().references('users.id'))
    .addColumn('bytes', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('tombstones', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('dropped_version', integer, (c) => c.notNull().defaultTo(0))
    .execute()
}
