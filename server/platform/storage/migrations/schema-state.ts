import { sql, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'
import type { Engine } from './columns.ts'

/** The name of the setting that holds the newest change which older versions cannot read. */
export const needsSetting = 'schema_needs'

/** A schema that this version cannot use; the message is one line for the administrator. */
export class UnfitSchema extends Error {
  override name = 'UnfitSchema'
}

/** A database's schema, against the changes that this version knows. */
export type SchemaState = {
  /** True when no Parley has made its tables here yet. */
  empty: boolean
  /** Known changes that the database lacks, in order. */
  missing: string[]
  /** Changes that a newer version made. */
  newer: string[]
  /** True when one of the newer changes cannot be read by this version. */
  broken: boolean
}

/** Reads which changes a database has. `known` are the names of this version's changes, in order. */
export async function readSchemaState(
  db: Kysely<Schema>,
  engine: Engine,
  known: readonly string[]
): Promise<SchemaState> {
  const table =
    engine === 'postgres'
      ? sql<{ found: number }>`SELECT count(to_regclass('kysely_migration')) AS found`
      : sql<{ found: number }>`SELECT count(*) AS found FROM sqlite_schema WHERE name = 'kysely_migration'`
  const { rows } = await table.execute(db)
  const made = rows[0]!.found === 0 ? [] : await readNames(db)
  if (made.length === 0) return { empty: true, missing: [...known], newer: [], broken: false }
  if (!made.includes(known[0]!)) {
    throw new UnfitSchema(
      'this database holds the tables of another program; give Parley a database of its own'
    )
  }
  const newer = made.filter((name) => !known.includes(name))
  const needs = newer.length === 0 ? null : await readNeeds(db)
  return {
    empty: false,
    missing: known.filter((name) => !made.includes(name)),
    newer,
    broken: needs !== null && !known.includes(needs)
  }
}

/** Throws `UnfitSchema` when a newer version changed the schema so that this one cannot use it. */
export function requireReadable({ missing, newer, broken }: SchemaState): void {
  if (broken || (newer.length > 0 && missing.length > 0)) throw new UnfitSchema(newerLine(newer))
}

/** Throws `UnfitSchema` also when this version would have to change the schema first. */
export function requireUnchanged(state: SchemaState): void {
  requireReadable(state)
  if (state.empty)
    throw new UnfitSchema('this database holds no Parley yet; start Parley first: parley serve')
  if (state.missing.length > 0) {
    throw new UnfitSchema(
      `this database is of an older Parley (it lacks ${state.missing.join(', ')}), and a command never changes it; ` +
        'run the command of the version that the server runs, or upgrade the server first'
    )
  }
}

export function newerLine(newer: readonly string[]): string {
  return `this database was written by a newer Parley (${newer.join(', ')}); start that version, or restore a backup`
}

async function readNames(db: Kysely<Schema>): Promise<string[]> {
  const rows = await (db as unknown as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map((row) => row.name)
}

async function readNeeds(db: Kysely<Schema>): Promise<string | null> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', needsSetting)
    .executeTakeFirst()
  return row?.value ?? null
}
