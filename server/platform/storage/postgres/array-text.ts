import { columns, type Column, type ColumnName, type StoredRow, type TableName } from '../columns.ts'

/** For each of these columns of a table, an array of its values in `rows`. */
export function columnsAsText<
  Table extends TableName,
  Name extends ColumnName<Table> & keyof StoredRow<Table>
>(table: Table, names: readonly Name[], rows: readonly Pick<StoredRow<Table>, Name>[]): string[] {
  return names.map((name) => {
    const values = rows.map((row) => row[name])
    return typeOf(table, name) === 'bigint'
      ? integersAsText(values as (number | null)[])
      : textsAsText(values as (string | null)[])
  })
}

/** The parameters of these columns' arrays in a statement, from `$first` on. */
export function arrayParameters<Table extends TableName>(
  table: Table,
  names: readonly ColumnName<Table>[],
  first = 1
): string[] {
  return names.map((name, index) => `$${first + index}::${typeOf(table, name)}[]`)
}

function typeOf<Table extends TableName>(table: Table, name: ColumnName<Table>): Column['type'] {
  return (columns[table] as Record<string, Column>)[name]!.type
}

/**
 * Arrays as Postgres reads them. `pg` makes the same of an array, and looks at each element several times: a quarter of what
 * a batch of sends took of the event loop.
 */
export function integersAsText(values: readonly (number | null)[]): string {
  let text = ''
  for (const value of values) text += value === null ? ',NULL' : `,${value}`
  return `{${text.slice(1)}}`
}

export function textsAsText(values: readonly (string | null)[]): string {
  let text = ''
  for (const value of values) text += value === null ? ',NULL' : `,"${escaped(value)}"`
  return `{${text.slice(1)}}`
}

function escaped(value: string): string {
  return /["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value
}
