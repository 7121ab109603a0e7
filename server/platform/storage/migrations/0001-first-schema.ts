import { sql, type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely } from 'kysely'
import { typesOf, type Engine } from './columns.ts'

export const breaksOlder = [] as const
export const locks = [] as const

/** People, sessions, conversations, messages, and the event log. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer, text, key } = typesOf[engine]
  const id = (column: ColumnDefinitionBuilder) =>
    engine === 'postgres' ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey()

  /** A table that is its own primary key's index: one B-tree instead of two. Postgres knows none such. */
  function clustered<Name extends string, Columns extends string>(
    builder: CreateTableBuilder<Name, Columns>
  ) {
    return engine === 'sqlite' ? builder.modifyEnd(sql`without rowid`) : builder
  }

  await table(db, 'settings')
    .addColumn('name', key, (c) => c.primaryKey())
    .addColumn('value', text, (c) => c.notNull())
    .execute()

  await table(db, 'users')
    .addColumn('id', integer, id)
    .addColumn('username', text, (c) => c.notNull())
    .addColumn('username_key', key, (c) => c.notNull().unique())
    .addColumn('avatar_url', text)
    .addColumn('github_id', key, (c) => c.unique())
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute()

  await table(db, 'sessions')
    .addColumn('id', integer, id)
    .addColumn('user_id', integer, (c) => c.notNull().references('users.id'))
    .addColumn('token_hash', key, (c) => c.notNull().unique())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('expires_at', integer, (c) => c.notNull())
    .addColumn('replaces_id', integer)
    .execute()
  await index(db, 'sessions', ['user_id'])
  await index(db, 'sessions', ['expires_at'])

  await table(db, 'conversations')
    .addColumn('id', integer, id)
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('direct_key', key, (c) => c.unique())
    .addColumn('last_message_id', integer)
    .addColumn('last_position', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute()

  await clustered(
    table(db, 'participants')
      .addColumn('conversation_id', integer, (c) => c.notNull().references('conversations.id'))
      .addColumn('user_id', integer, (c) => c.notNull().references('users.id'))
      .addColumn('read_up_to', integer, (c) => c.notNull().defaultTo(0))
      .addColumn('joined_at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('participants_pk', ['conversation_id', 'user_id'])
  ).execute()
  await index(db, 'participants', ['user_id', 'conversation_id'])

  // A message is written under its conversation's lock, for a member. On Postgres, checking its references would cost a quarter
  // of a batch; `parley doctor` checks them instead.
  const references = (column: ColumnDefinitionBuilder, to: string) =>
    engine === 'sqlite' ? column.notNull().references(to) : column.notNull()
  await table(db, 'messages')
    .addColumn('id', integer, id)
    .addColumn('conversation_id', integer, (c) => references(c, 'conversations.id'))
    .addColumn('position', integer, (c) => c.notNull())
    .addColumn('sender_id', integer, (c) => references(c, 'users.id'))
    .addColumn('content', text, (c) => c.notNull())
    .addColumn('kind', text)
    .addColumn('body', text)
    .addColumn('client_id', text)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('edited_at', integer)
    .addColumn('deleted_at', integer)
    .addUniqueConstraint('messages_position', ['conversation_id', 'position'])
    .execute()

  await clustered(
    table(db, 'sends')
      .addColumn('sender_id', integer, (c) => c.notNull())
      .addColumn('key', key, (c) => c.notNull())
      .addColumn('payload_hash', text, (c) => c.notNull())
      .addColumn('message_id', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('sends_pk', ['sender_id', 'key'])
  ).execute()

  await table(db, 'inbox_heads')
    .addColumn('user_id', integer, (c) => c.primaryKey())
    .addColumn('head', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('floor', integer, (c) => c.notNull().defaultTo(0))
    .execute()

  await clustered(
    table(db, 'inbox_events')
      .addColumn('user_id', integer, (c) => c.notNull())
      .addColumn('seq', integer, (c) => c.notNull())
      .addColumn('kind', text, (c) => c.notNull())
      .addColumn('message_id', integer)
      .addColumn('payload', text)
      .addColumn('created_at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('inbox_events_pk', ['user_id', 'seq'])
  ).execute()
}

function table(db: Kysely<unknown>, name: string) {
  return db.schema.createTable(name)
}

function index(db: Kysely<unknown>, on: string, columns: string[]): Promise<void> {
  return db.schema
    .createIndex(`${on}_${columns.join('_')}`)
    .on(on)
    .columns(columns)
    .execute()
}
