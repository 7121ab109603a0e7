import { tables } from '../../server/platform/storage/schema.ts'
import type { Statement } from './recording-store.ts'

/** Column types by name, for each table under test. */
type Columns = Map<string, Map<string, string>>

/**
 * Adds to every table a column for each column name of the other tables and statements: the worst additions
 * of a newer version. An unqualified column in a statement becomes ambiguous, and `*` returns extra columns.
 */
export async function addColumns(
  query: (text: string) => Promise<Record<string, unknown>[]>,
  engine: 'SQLite' | 'Postgres',
  statements: readonly Statement[]
): Promise<number> {
  const columns = await columnsOf(query, engine)
  const names = new Map<string, string>([['added_later', 'text']])
  for (const { text } of statements) {
    for (const [name] of text.matchAll(/\b[a-z][a-z_]*\b/g)) names.set(name, 'bigint')
  }
  for (const of of columns.values()) for (const [name, type] of of) names.set(name, type)
  // Postgres reserves these names; no table may have them.
  for (const name of ['ctid', 'oid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', 'rowid']) names.delete(name)
  let added = 0
  await query('BEGIN')
  for (const [table, known] of columns) {
    for (const [name, type] of names) {
      if (known.has(name)) continue
      await query(`ALTER TABLE ${table} ADD COLUMN "${name}" ${type}`)
      added++
    }
  }
  await query('COMMIT')
  return added
}

async function columnsOf(
  query: (text: string) => Promise<Record<string, unknown>[]>,
  engine: 'SQLite' | 'Postgres'
): Promise<Columns> {
  const rows =
    engine === 'Postgres'
      ? await query(`SELECT table_name, column_name, data_type FROM information_schema.columns
          WHERE table_schema = current_schema() AND table_name IN (${tables.map((name) => `'${name}'`).join()})`)
      : await query(`SELECT tables.name AS table_name, columns.name AS column_name, columns.type AS data_type
          FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
          WHERE tables.type = 'table' AND tables.name NOT LIKE 'kysely%' AND tables.name NOT LIKE 'sqlite%'`)
  const columns: Columns = new Map()
  for (const row of rows) {
    const [table, column, type] = Object.values(row).map(String) as [string, string, string]
    columns.set(table, (columns.get(table) ?? new Map<string, string>()).set(column, type))
  }
  return columns
}
