import type { Kysely } from 'kysely'
import { typesOf, type Engine } from './columns.ts'

export const breaksOlder = [] as const
export const locks = [] as const

/** Server roles. Older nodes never read the column; users that they add are members. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  // A constant default rewrites no rows on either engine.
  await db.schema
    .alterTable('users')
    .addColumn('role', typesOf[engine].text, (c) => c.notNull().defaultTo('member'))
    .execute()
}
