import { sql, type Kysely } from 'kysely'
import type { Engine } from './columns.ts'

/** An older Parley writes to the tables that are views now. */
export const breaksOlder = ['sqlite'] as const
export const locks = [] as const

const events = 'user_id, seq, kind, message_id, payload, created_at, conversation_id'
const sends = 'sender_id, key, payload_hash, message_id'

/**
 * Every send adds to both people's logs and to the keys, each at a place of its own: on SQLite, a page of its own to write.
 * There the newest rows get a small table each, whose pages a batch shares, and are merged into the large one by thousands
 * (sqlite/recent-rows.ts). Both together are a view of the old name, with what SQLite can search in either.
 */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  if (engine !== 'sqlite') return
  for (const statement of [
    'ALTER TABLE inbox_events RENAME TO older_events',
    'ALTER TABLE sends RENAME TO older_sends',
    `CREATE TABLE recent_events (
       user_id integer NOT NULL, seq integer NOT NULL, kind text NOT NULL, message_id integer, payload text,
       created_at integer NOT NULL, conversation_id integer, PRIMARY KEY (user_id, seq)
     ) WITHOUT ROWID`,
    // In insertion order: the writer caches which keys are here.
    `CREATE TABLE recent_sends (
       message_id integer PRIMARY KEY, sender_id integer NOT NULL, key text NOT NULL, payload_hash text NOT NULL
     )`,
    `CREATE VIEW inbox_events AS
       SELECT ${events} FROM older_events UNION ALL SELECT ${events} FROM recent_events`,
    `CREATE VIEW sends AS SELECT ${sends} FROM older_sends UNION ALL SELECT ${sends} FROM recent_sends`,
    `CREATE TRIGGER inbox_events_insert INSTEAD OF INSERT ON inbox_events BEGIN
       INSERT INTO recent_events (${events}) VALUES (${events.replaceAll(/\w+/g, 'NEW.$&')});
     END`,
    `CREATE TRIGGER inbox_events_delete INSTEAD OF DELETE ON inbox_events BEGIN
       DELETE FROM older_events WHERE user_id = OLD.user_id AND seq = OLD.seq;
       DELETE FROM recent_events WHERE user_id = OLD.user_id AND seq = OLD.seq;
     END`
  ]) {
    await sql.raw(statement).execute(db)
  }
}
