import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { tables } from '../schema.ts'
import { explain } from './explanation.ts'
import { openPool } from './pool.ts'
import { prepareDatabase } from './preparation.ts'

/** Every table with people's data, in the order in which their rows may refer to each other. */
const moved = tables.filter((table) => table !== 'settings')

const rowsAtOnce = 2_000
const charactersAtOnce = 1_000_000
const progressEvery = 100_000
/** Timeout for other connections to close. */
const goneMs = 5_000

/** How far a table is: `done` of its `rows`, written or, at the end, read back and compared. */
export type MoveProgress = { table: string; rows: number; done: number; step: 'written' | 'compared' }

/**
 * Makes the database at `url` ready for a move. Throws, in a line for its administrator, when it cannot be used, is in
 * use, or holds people of another epoch than `epoch`.
 */
export async function checkTarget(url: string, epoch: string): Promise<void> {
  await prepareDatabase(url)
  const pool = openPool(url, { max: 1, patient: true })
  const client = await pool.connect()
  try {
    await expectAlone(client)
    await expectNoOthers(client, epoch)
  } catch (error) {
    throw explain(error, url)
  } finally {
    client.release(true)
    await pool.end()
  }
}

/**
 * Copies an open SQLite file into the empty database at `url`, under the same epoch, so that clients keep their cursors. It is one
 * transaction, compared row by row before the commit: all or nothing. A repeated call after the commit only compares. Throws, in
 * one line for the administrator, when the database is in use, not empty, or differs from what was written.
 */
export async function moveIn(
  source: DatabaseSync,
  url: string,
  report: (progress: MoveProgress) => void
): Promise<void> {
  await prepareDatabase(url)
  const pool = openPool(url, { max: 1, patient: true })
  const client = await pool.connect()
  try {
    await expectAlone(client)
    await client.query('BEGIN')
    await client.query('LOCK TABLE settings, users IN ACCESS EXCLUSIVE MODE')
    const epoch = String(source.prepare("SELECT value FROM settings WHERE name = 'epoch'").get()!['value'])
    const isCopied = await expectNoOthers(client, epoch)
    if (!isCopied) await copy(source, client, report)
    for (const table of moved) await compare(source, client, table, report)
    await client.query('COMMIT')
    await client.query('ANALYZE')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw explain(error, url)
  } finally {
    client.release(true)
    await pool.end()
  }
}

/** Whether people of this epoch were copied there before; throws when those of another one are there. */
async function expectNoOthers(client: PoolClient, epoch: string): Promise<boolean> {
  const { rows } = await client.query<{ value: string }>(
    "SELECT value FROM settings WHERE name = 'epoch' AND EXISTS (SELECT 1 FROM users)"
  )
  if (rows[0] && rows[0].value !== epoch) {
    throw new Error('there are people in that database already; name an empty one')
  }
  return rows.length > 0
}

/** Throws if another process uses the database: it would write, or keep the secrets and epoch that it has read. */
async function expectAlone(client: PoolClient): Promise<void> {
  // Postgres takes a moment to notice that a node, or a move, was killed.
  for (const endsAt = performance.now() + goneMs; (await countOthers(client)) > 0; await delay(100)) {
    if (performance.now() > endsAt) throw new Error('a Parley runs on that database; stop it first')
  }
}

async function countOthers(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ others: number }>(
    `SELECT count(*) AS others FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'parley' AND pid <> pg_backend_pid()`
  )
  return rows[0]!.others
}

async function copy(
  source: DatabaseSync,
  client: PoolClient,
  report: (progress: MoveProgress) => void
): Promise<void> {
  await copyRows(
    source,
    client,
    'settings',
    ['name', 'value'],
    'ON CONFLICT (name) DO UPDATE SET value = excluded.value'
  )
  for (const table of moved) {
    const columns = columnsOf(source, table)
    await copyRows(source, client, table, columns, '', report)
    if (columns.includes('id')) {
      await client.query(
        `SELECT setval(pg_get_serial_sequence('${table}', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM ${table}`
      )
    }
  }
}

async function copyRows(
  source: DatabaseSync,
  client: PoolClient,
  table: string,
  columns: string[],
  onConflict: string,
  report?: (progress: MoveProgress) => void
): Promise<void> {
  const list = columns.join(', ')
  const insert = `INSERT INTO ${table} (${list})
    SELECT ${list} FROM json_populate_recordset(NULL::${table}, $1) ${onConflict}`
  const rows = countOf(source, table)
  let waiting: string[] = []
  let characters = 0
  let done = 0
  async function flush(): Promise<void> {
    await client.query({ name: table, text: insert, values: [`[${waiting.join(',')}]`] })
    waiting = []
    characters = 0
  }
  for (const row of source.prepare(`SELECT ${list} FROM ${table}`).iterate()) {
    const text = JSON.stringify(row)
    waiting.push(text)
    characters += text.length
    if (waiting.length === rowsAtOnce || characters > charactersAtOnce) await flush()
    if (++done % progressEvery === 0) report?.({ table, rows, done, step: 'written' })
  }
  if (waiting.length > 0) await flush()
  report?.({ table, rows, done, step: 'written' })
}

/** Reads a table from both and throws when they differ in a row; their order does not matter. */
async function compare(
  source: DatabaseSync,
  client: PoolClient,
  table: string,
  report: (progress: MoveProgress) => void
): Promise<void> {
  const list = columnsOf(source, table).join(', ')
  const here = new Fingerprint()
  for (const row of source.prepare(`SELECT ${list} FROM ${table}`).iterate()) here.add(row)
  const there = new Fingerprint()
  await client.query(`DECLARE moved NO SCROLL CURSOR FOR SELECT ${list} FROM ${table}`)
  for (;;) {
    const { rows } = await client.query(`FETCH ${rowsAtOnce} FROM moved`)
    if (rows.length === 0) break
    for (const row of rows) there.add(row as object)
  }
  await client.query('CLOSE moved')
  if (here.rows !== there.rows || here.sum !== there.sum) {
    throw new Error(
      `${table} is not the same in both: ${here.rows} rows here, ${there.rows} there; nothing was moved`
    )
  }
  report({ table, rows: here.rows, done: there.rows, step: 'compared' })
}

/** What rows are, whatever their order: their number, and the sum of their digests. */
class Fingerprint {
  rows = 0
  sum = 0n

  add(row: object): void {
    this.rows++
    this.sum = BigInt.asUintN(64, this.sum + hash('sha256', JSON.stringify(row), 'buffer').readBigUInt64LE())
  }
}

function columnsOf(source: DatabaseSync, table: string): string[] {
  return source
    .prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid')
    .all(table)
    .map((row) => String(row['name']))
}

function countOf(source: DatabaseSync, table: string): number {
  return Number(source.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get()!['rows'])
}
