import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import { typesOf, type Engine } from './columns.ts'

/** An older Parley would show those who left what they may no longer see. */
export const breaksOlder = ['sqlite', 'postgres'] as const
export const locks = [] as const

/** Groups with roles, message edits and deletions, mentions, and last-seen times. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer, text } = typesOf[engine]
  const alter = (table: string) => db.schema.alterTable(table)

  await alter('users').addColumn('last_seen_at', integer).execute()
  await alter('conversations').addColumn('title', text).execute()
  await alter('conversations')
    .addColumn('history', text, (c) => c.notNull().defaultTo('all'))
    .execute()
  await alter('participants')
    .addColumn('role', text, (c) => c.notNull().defaultTo('member'))
    .execute()
  await alter('participants')
    .addColumn('visible_from', integer, (c) => c.notNull().defaultTo(0))
    .execute()
  await alter('messages')
    .addColumn('version', integer, (c) => c.notNull().defaultTo(1))
    .execute()
  await alter('inbox_events').addColumn('conversation_id', integer).execute()

  /** In the order of its primary key, where the engine knows such tables. */
  function clustered<Name extends string, Columns extends string>(
    builder: CreateTableBuilder<Name, Columns>
  ) {
    return engine === 'sqlite' ? builder.modifyEnd(sql`without rowid`) : builder
  }

  await clustered(
    db.schema
      .createTable('message_versions')
      .addColumn('message_id', integer, (c) => c.notNull().references('messages.id'))
      .addColumn('version', integer, (c) => c.notNull())
      .addColumn('content', text, (c) => c.notNull())
      .addColumn('replaced_at', integer, (c) => c.notNull())
      .addColumn('replaced_by', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('message_versions_pk', ['message_id', 'version'])
  ).execute()

  await clustered(
    db.schema
      .createTable('mentions')
      .addColumn('user_id', integer, (c) => c.notNull())
      .addColumn('conversation_id', integer, (c) => c.notNull())
      .addColumn('position', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('mentions_pk', ['user_id', 'conversation_id', 'position'])
  ).execute()
}
