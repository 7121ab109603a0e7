import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import { typesOf, type Engine } from './columns.ts'

export const breaksOlder = [] as const
export const locks = [] as const

/** Durable background jobs. Older nodes neither enqueue nor lease any. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer, text, key } = typesOf[engine]
  const id = (column: ColumnDefinitionBuilder) =>
    engine === 'postgres' ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey()

  await db.schema
    .createTable('jobs')
    .addColumn('id', integer, id)
    .addColumn('queue', key, (c) => c.notNull())
    .addColumn('key', key, (c) => c.notNull())
    .addColumn('payload', text, (c) => c.notNull())
    .addColumn('epoch', key, (c) => c.notNull())
    .addColumn('run_at', integer, (c) => c.notNull())
    .addColumn('next_run_at', integer)
    .addColumn('generation', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('attempts', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('leased_until', integer)
    .addColumn('leased_by', key)
    .addColumn('last_error', text)
    .addColumn('dead_at', integer)
    .execute()
  const index = (name: string, columns: string[]) => db.schema.createIndex(name).on('jobs').columns(columns)
  await index('jobs_live', ['queue', 'key']).unique().where('dead_at', 'is', null).execute()
  await index('jobs_due', ['queue', 'epoch', 'run_at', 'id']).where('dead_at', 'is', null).execute()
  await index('jobs_dead', ['queue', 'dead_at', 'id']).where('dead_at', 'is not', null).execute()
}
