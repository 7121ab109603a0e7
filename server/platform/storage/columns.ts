import type { LogEventName } from '@parley/contract/events'
import type { Generated, Selectable } from 'kysely'

/** A column's type in both engines; `Value` is its type in TypeScript, as Kysely reads it. */
export type Column<Value = unknown> = { readonly type: 'bigint' | 'text'; readonly value?: Value }

const integer = <Value = number>(): Column<Value> => ({ type: 'bigint' })
const text = <Value = string>(): Column<Value> => ({ type: 'text' })

/** Milliseconds since 1970, UTC. */
const time = integer

/**
 * Every column of the tables that a send adds rows to. Row types, inserts, selects and the plan of a send
 * (`messages/append.ts`) follow from it, so that a new column is a line here and a migration with `addColumn`.
 */
export const columns = {
  messages: {
    id: integer<Generated<number>>(),
    conversation_id: integer(),
    position: integer(),
    sender_id: integer(),
    content: text(),
    /** What happened, where the message is a system line. */
    kind: text<string | null>(),
    /** JSON of what is shown beside the content; null of a plain message. */
    body: text<string | null>(),
    /** The idempotency key that the sender gave, shown to the sender alone. */
    client_id: text<string | null>(),
    created_at: time(),
    edited_at: time<number | null>(),
    deleted_at: time<number | null>(),
    /** 1, and one more with each edit and the deletion. */
    version: integer<Generated<number>>()
  },
  /** The message at this position names this person. */
  mentions: { user_id: integer(), conversation_id: integer(), position: integer() },
  /** One row for each acknowledged send. It outlives its message, so that a retry is always recognised. */
  sends: { sender_id: integer(), key: text(), payload_hash: text(), message_id: integer() },
  inbox_events: {
    user_id: integer(),
    seq: integer(),
    /** `message` is also its sender's `message_sent`. */
    kind: text<Exclude<LogEventName, 'message_sent' | 'gone'>>(),
    /** The message that the event is about: its JSON is made at read, unless there is a payload. */
    message_id: integer<number | null>(),
    payload: text<string | null>(),
    created_at: time(),
    /** The conversation that a reader must be in, where `message_id` does not say so already. */
    conversation_id: integer<Generated<number | null>>()
  }
}

type Columns = typeof columns
export type TableName = keyof Columns

/** A table's row as Kysely reads and writes it. */
export type RowOf<Table extends TableName> = {
  [Name in keyof Columns[Table]]: Columns[Table][Name] extends Column<infer Value> ? Value : never
}

/** A row with all its values. */
export type StoredRow<Table extends TableName> = Selectable<RowOf<Table>>

export type ColumnName<Table extends TableName> = keyof Columns[Table] & string

/** The names of a table's columns, in order, without those in `except`. */
export function columnNames<Table extends TableName, Except extends ColumnName<Table> = never>(
  table: Table,
  except: readonly Except[] = []
): Exclude<ColumnName<Table>, Except>[] {
  const names = Object.keys(columns[table]) as ColumnName<Table>[]
  return names.filter((name): name is Exclude<ColumnName<Table>, Except> => !except.includes(name as Except))
}

/** The part of a row that is in these columns. */
export function pick<Row, Name extends keyof Row & string>(
  row: Row,
  names: readonly Name[]
): Pick<Row, Name> {
  return Object.fromEntries(names.map((name) => [name, row[name]])) as Pick<Row, Name>
}
