import { sql, type Kysely } from 'kysely'
import { typesOf, type Engine } from './columns.ts'

type Split = { older: string; recent: string; key: readonly string[]; triggers: boolean }

/**
 * The tables whose newest rows SQLite keeps in a small table of their own (0003-recent-rows.ts). The name itself is a view
 * of both. Procedures insert into and delete from the log by its view; only the batch of sends adds keys.
 */
const splitTables: Record<string, Split> = {
  inbox_events: { older: 'older_events', recent: 'recent_events', key: ['user_id', 'seq'], triggers: true },
  sends: { older: 'older_sends', recent: 'recent_sends', key: ['sender_id', 'key'], triggers: false }
}

/**
 * Adds a nullable column to a table. On SQLite a split table's column is added to both of its tables, and the view and its
 * triggers are made again from the columns that the tables then have. The merge (sqlite/recent-rows.ts) reads them by itself.
 */
export async function addColumn(
  db: Kysely<unknown>,
  engine: Engine,
  table: string,
  column: { name: string; type: 'integer' | 'text' | 'key' }
): Promise<void> {
  const split = engine === 'sqlite' ? splitTables[table] : undefined
  for (const each of split ? [split.older, split.recent] : [table]) {
    await db.schema.alterTable(each).addColumn(column.name, typesOf[engine][column.type]).execute()
  }
  if (split) await makeView(db, table, split)
}

async function makeView(db: Kysely<unknown>, view: string, { older, recent, key, triggers }: Split) {
  const { rows } = await sql<{
    name: string
  }>`SELECT name FROM pragma_table_info(${older}) ORDER BY cid`.execute(db)
  const names = rows.map(({ name }) => name)
  const list = names.join(', ')
  const isOld = key.map((name) => `${name} = OLD.${name}`).join(' AND ')
  for (const statement of [
    // Its triggers go with it.
    `DROP VIEW ${view}`,
    `CREATE VIEW ${view} AS SELECT ${list} FROM ${older} UNION ALL SELECT ${list} FROM ${recent}`,
    ...(triggers
      ? [
          `CREATE TRIGGER ${view}_insert INSTEAD OF INSERT ON ${view} BEGIN
             INSERT INTO ${recent} (${list}) VALUES (${names.map((name) => `NEW.${name}`).join(', ')});
           END`,
          `CREATE TRIGGER ${view}_delete INSTEAD OF DELETE ON ${view} BEGIN
             DELETE FROM ${older} WHERE ${isOld};
             DELETE FROM ${recent} WHERE ${isOld};
           END`
        ]
      : [])
  ]) {
    await sql.raw(statement).execute(db)
  }
}
