import type { DatabaseSync } from 'node:sqlite'

/**
 * Prepares a statement, and compiles the function that runs it with the values of a row in `names`, in order, and then with
 * the arguments in `more`. It is the call that one would write by hand: a send that makes arrays of values and spreads
 * them takes the writer 1 µs longer.
 */
export function prepareRows<Name extends string>(
  database: DatabaseSync,
  text: string,
  names: readonly Name[],
  more: readonly string[] = []
): (row: { readonly [Each in Name]: unknown }, ...values: number[]) => void {
  const values = [...names.map((name) => `row.${name}`), ...more].join(', ')
  // oxlint-disable-next-line typescript/no-implied-eval -- the text holds the names of columns alone
  const compile = new Function(
    'statement',
    `return (${['row', ...more].join(', ')}) => { statement.run(${values}) }`
  )
  return compile(database.prepare(text)) as (row: object, ...values: number[]) => void
}

/** An INSERT of a row with these columns; `literals` are further columns with their value as SQL. */
export function insertInto(
  table: string,
  names: readonly string[],
  literals: Readonly<Record<string, string>> = {}
): string {
  const values = [...names.map(() => '?'), ...Object.values(literals)]
  return `INSERT INTO ${table} (${[...names, ...Object.keys(literals)].join(', ')}) VALUES (${values.join(', ')})`
}
