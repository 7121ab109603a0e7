import { sql, type ColumnDataType, type Expression } from 'kysely'

export type Engine = 'sqlite' | 'postgres'

type DataType = ColumnDataType | Expression<unknown>

/** What a column is called in each engine. */
export const typesOf: Record<Engine, { integer: DataType; text: DataType; key: DataType }> = {
  sqlite: { integer: 'integer', text: 'text', key: 'text' },
  // Keys are compared and ordered by their bytes, as in SQLite, whatever the database's own collation is.
  postgres: { integer: 'bigint', text: 'text', key: sql`text collate "C"` }
}
