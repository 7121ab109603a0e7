import type { Conversation, User } from '@parley/contract/entities'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../event-log.ts'
import { conversationOf, messageColumns, messageOf, userColumns, userOf } from '../rows.ts'
import type { Schema } from '../schema.ts'
import { appendEvent } from './append-event.ts'

/** Finds the conversation of two people, or starts it. Both at once get the same one: `direct_key` is unique. */
export async function startDirectConversation(
  db: Kysely<Schema>,
  { me, other, now }: { me: User; other: User; now: number }
): Promise<{ result: { id: number; created: boolean }; committed: CommittedEvent[] }> {
  const people = [me, other].toSorted((a, b) => Number(a.id) - Number(b.id))
  const directKey = people.map((person) => person.id).join(':')
  const made = await db
    .insertInto('conversations')
    .values({
      kind: 'direct',
      direct_key: directKey,
      last_message_id: null,
      last_position: 0,
      created_at: now
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) {
    const found = await db
      .selectFrom('conversations')
      .select('id')
      .where('direct_key', '=', directKey)
      .executeTakeFirstOrThrow()
    return { result: { id: found.id, created: false }, committed: [] }
  }
  await db
    .insertInto('participants')
    .values(
      people.map((person) => ({
        conversation_id: made.id,
        user_id: Number(person.id),
        read_up_to: 0,
        joined_at: now
      }))
    )
    .execute()
  const committed: CommittedEvent[] = []
  for (const [person, otherPerson] of [people, people.toReversed()] as [User, User][]) {
    const data = conversationOf({ id: made.id, last_position: 0, read_up_to: 0 }, otherPerson, null)
    committed.push(await appendEvent(db, { name: 'conversation_created', data }, [Number(person.id)], now))
  }
  return { result: { id: made.id, created: true }, committed }
}

/** A participant's conversations with the other one: what each query here starts from. */
function conversationsOf(db: Kysely<Schema>, viewerId: number) {
  return db
    .selectFrom('participants as me')
    .innerJoin('conversations', 'conversations.id', 'me.conversation_id')
    .innerJoin('participants as other', (join) =>
      join.onRef('other.conversation_id', '=', 'me.conversation_id').on('other.user_id', '!=', viewerId)
    )
    .where('me.user_id', '=', viewerId)
}

/** Conversations that have a message, newest message first; those older than `before` (an id) when it is given. */
export async function listConversations(
  db: Kysely<Schema>,
  { viewerId, before, limit }: { viewerId: number; before: number | null; limit: number }
): Promise<Conversation[] | null> {
  const mine = db
    .selectFrom('participants')
    .innerJoin('conversations', 'conversations.id', 'participants.conversation_id')
    .select(['conversations.last_message_id', 'conversations.last_position', 'participants.read_up_to'])
    .where('participants.user_id', '=', viewerId)
  let newest = mine
    .where('conversations.last_message_id', 'is not', null)
    .orderBy('conversations.last_message_id', 'desc')
    .limit(limit)
  const last = before === null ? null : mine.where('conversations.id', '=', before)
  if (last) {
    newest = newest.where('conversations.last_message_id', '<', last.clearSelect().select('last_message_id'))
  }
  // The page first: what it shows is joined to 25 conversations, not to all. Of those two narrow rows each are read,
  // 2.6 ms for 10,000; a copy of last_message_id by participant would spare that and make every send dearer.
  const rows = await db
    .selectFrom(newest.as('page'))
    .innerJoin('messages', 'messages.id', 'page.last_message_id')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .innerJoin('participants as other', (join) =>
      join.onRef('other.conversation_id', '=', 'messages.conversation_id').on('other.user_id', '!=', viewerId)
    )
    .innerJoin('users as other_user', 'other_user.id', 'other.user_id')
    .select([
      ...messageColumns,
      'page.last_position',
      'page.read_up_to',
      'other_user.id as other_id',
      'other_user.username as other_username',
      'other_user.avatar_url as other_avatar_url'
    ])
    .orderBy('messages.id', 'desc')
    .execute()
  // Nothing follows `before`, or it is none of theirs.
  if (last && rows.length === 0 && !(await last.executeTakeFirst())) return null
  return rows.map((row) =>
    conversationOf(
      { id: row.conversation_id, last_position: row.last_position, read_up_to: row.read_up_to },
      { id: String(row.other_id), username: row.other_username, avatarURL: row.other_avatar_url },
      messageOf(row, viewerId)
    )
  )
}

export async function getConversation(
  db: Kysely<Schema>,
  { viewerId, id }: { viewerId: number; id: number }
): Promise<Conversation | null> {
  const row = await conversationsOf(db, viewerId)
    .innerJoin('users', 'users.id', 'other.user_id')
    .select([
      'conversations.id',
      'conversations.last_message_id',
      'conversations.last_position',
      'me.read_up_to',
      ...userColumns
    ])
    .where('me.conversation_id', '=', id)
    .executeTakeFirst()
  if (!row) return null
  const last =
    row.last_message_id === null
      ? undefined
      : await db
          .selectFrom('messages')
          .innerJoin('users', 'users.id', 'messages.sender_id')
          .select(messageColumns)
          .where('messages.id', '=', row.last_message_id)
          .executeTakeFirst()
  return conversationOf(row, userOf(row), last ? messageOf(last, viewerId) : null)
}
