import { sql, SqliteAdapter, type Kysely, type RawBuilder } from 'kysely'
import type { Schema } from './schema.ts'

const sqlite = sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
const postgres = sql<number>`(extract(epoch from now()) * 1000)::bigint`

/** The database's clock in ms since 1970, as an expression: one clock for all nodes. */
export function databaseTime(db: Kysely<Schema>): RawBuilder<number> {
  return db.getExecutor().adapter instanceof SqliteAdapter ? sqlite : postgres
}
