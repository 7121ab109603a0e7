import { escapeIdentifier, type ClientBase } from 'pg'
import { tables } from '../schema.ts'
import { UnfitPostgres } from './failures.ts'

type Path = { user: string; search_path: string; looked_in: string[]; found: boolean; schemas: string[] }

/** Throws `UnfitPostgres` when Parley's tables would be looked for, or made, in a schema where they are not. */
export async function checkSearchPath(client: ClientBase): Promise<void> {
  const { rows } = await client.query<Path>(`
    SELECT current_user AS user, current_setting('search_path') AS search_path,
      to_json(current_schemas(false)) AS looked_in, to_regclass('kysely_migration') IS NOT NULL AS found,
      (SELECT coalesce(json_agg(pg_namespace.nspname ORDER BY pg_namespace.nspname), '[]')
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
        WHERE pg_class.relname = 'kysely_migration' AND pg_class.relkind = 'r') AS schemas`)
  const { user, search_path, looked_in, found, schemas } = rows[0]!
  const setTo = (schema: string) =>
    `set it: ALTER ROLE ${escapeIdentifier(user)} SET search_path = ${escapeIdentifier(schema)}`
  const [schema] = schemas
  if (!found && schema !== undefined) {
    throw new UnfitPostgres(
      `Parley's tables are in the schema "${schema}", and the search_path (${search_path}) does not name it; ${setTo(schema)}`
    )
  }
  if (looked_in.length === 0) {
    throw new UnfitPostgres(
      `the search_path (${search_path}) names no schema that "${user}" may use; ${setTo('public')}`
    )
  }
}

/** Throws `UnfitPostgres` when the user may not read and write every table. */
export async function checkPrivileges(client: ClientBase): Promise<void> {
  const may = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']
    .map((privilege) => `has_table_privilege(to_regclass(named.table_name), '${privilege}')`)
    .join(' AND ')
  const { rows } = await client.query<{ user: string; refused: string | null }>(
    `SELECT current_user AS user, (
       SELECT string_agg(named.table_name, ', ' ORDER BY named.nth)
       FROM unnest($1::text[]) WITH ORDINALITY AS named (table_name, nth) WHERE NOT (${may})
     ) AS refused`,
    [tables]
  )
  const { user, refused } = rows[0]!
  if (refused === null) return
  throw new UnfitPostgres(`"${user}" may not read and write the tables ${refused}; make it their owner`)
}
