import { setTimeout as delay } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** An index that is built while others write. */
export type NewIndex = {
  name: string
  on: keyof Schema
  /** Columns or expressions, as SQL. */
  columns: readonly string[]
  unique?: boolean
  /** The condition of a partial index, as SQL. */
  where?: string
}

/** The key of the lock that one node at a time builds indexes under. */
const lockKey = 7_275_395
const lockEveryMs = 200

/** Builds an index in the open transaction, on SQLite, where there is no other writer. */
export async function createIndex(db: Kysely<Schema>, index: NewIndex): Promise<void> {
  await sql.raw(statement(index, '')).execute(db)
}

/**
 * Builds on Postgres the indexes that are not there yet, or that a crash left invalid, outside a transaction, so that
 * writers do not wait (`CREATE INDEX CONCURRENTLY`). The catalog says what is left to do, so that it can be repeated at any point.
 * Nodes that start together build each index once. `say` gets a line for each.
 */
export async function buildIndexes(
  db: Kysely<Schema>,
  indexes: readonly NewIndex[],
  say: (line: string) => void
): Promise<void> {
  if ((await listUnbuilt(db, indexes)).length === 0) return
  await db.connection().execute(async (connection) => {
    // Asked for again and again: a statement that waits for the lock holds a snapshot, and a build waits for all of those.
    while (!(await tryLock(connection))) await delay(lockEveryMs)
    try {
      for (const index of await listUnbuilt(connection, indexes)) {
        const row = await connection
          .selectFrom(index.on)
          .select(sql.lit(1).as('one'))
          .limit(1)
          .executeTakeFirst()
        // Where the table is empty, there is nothing to wait for.
        if (row) say(`The schema changes: Parley builds the index ${index.name}. Writes continue.`)
        await sql.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${index.name}`).execute(connection)
        await sql.raw(statement(index, 'CONCURRENTLY ')).execute(connection)
      }
    } finally {
      // A broken connection has released the lock.
      await sql`SELECT pg_advisory_unlock(${lockKey})`.execute(connection).catch(() => {})
    }
  })
}

function statement({ name, on, columns, unique, where }: NewIndex, how: 'CONCURRENTLY ' | ''): string {
  return [
    `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${how}IF NOT EXISTS ${name} ON ${on} (${columns.join(', ')})`,
    ...(where ? [`WHERE ${where}`] : [])
  ].join(' ')
}

async function listUnbuilt(db: Kysely<Schema>, indexes: readonly NewIndex[]): Promise<NewIndex[]> {
  const unbuilt: NewIndex[] = []
  for (const index of indexes) {
    const { rows } = await sql<{ valid: boolean }>`
      SELECT pg_index.indisvalid AS valid FROM pg_index WHERE pg_index.indexrelid = to_regclass(${index.name})`.execute(
      db
    )
    if (rows[0]?.valid !== true) unbuilt.push(index)
  }
  return unbuilt
}

async function tryLock(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`SELECT pg_try_advisory_lock(${lockKey}) AS locked`.execute(
    db
  )
  return rows[0]!.locked
}

/** The indexes of the changes that this version knows. */
export function indexesOf(changes: Record<string, { indexes?: readonly NewIndex[] }>): NewIndex[] {
  return Object.values(changes).flatMap((change) => change.indexes ?? [])
}
