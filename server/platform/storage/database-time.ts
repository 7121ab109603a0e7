import { sql, SqliteAdapter, type Kysely, type RawBuilder } from 'kysely'
import type { Schema } from './schema.ts'

const postgres = sql<number>`(extract(epoch from now()) * 1000)::bigint`

/**
 * The database's clock in ms since 1970, as an expression: on Postgres the start of the transaction, one clock for all nodes;
 * on SQLite the moment of the call, by the clock of the one process. Call it once where two statements must agree.
 */
export function databaseTime(db: Kysely<Schema>): RawBuilder<number> {
  return db.getExecutor().adapter instanceof SqliteAdapter ? sql<number>`${Date.now()}` : postgres
}
