import type { Conversation } from '@parley/contract/conversations'
import type { User } from '@parley/contract/people'
import { unreadMentionsMax } from '@parley/contract/limits'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { messageColumns, messageOf, type MessageColumns } from '../messages/rows.ts'
import { userOf } from '../people/rows.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { appendEvent } from '../event-log/append-procedures.ts'

/** Finds the conversation of two people, or starts it. Both at once get the same one: `direct_key` is unique. */
export async function startDirectConversation(
  db: Kysely<Schema>,
  { me, other, now }: { me: User; other: User; now: number }
): Promise<{ result: { id: number; created: boolean }; committed: CommittedEvent[] }> {
  const people = [me, other].map((person) => Number(person.id)).toSorted((a, b) => a - b)
  const directKey = people.join(':')
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
      people.map((userId) => ({ conversation_id: made.id, user_id: userId, read_up_to: 0, joined_at: now }))
    )
    .execute()
  const committed: CommittedEvent[] = []
  // In the order of their ids, as heads are taken everywhere.
  for (const userId of people)
    committed.push(...(await appendCreated(db, made.id, userId, { only: userId }, now)))
  return { result: { id: made.id, created: true }, committed }
}

/** Tells people that a conversation is theirs now, as `viewerId`, one of them, sees it. */
export async function appendCreated(
  db: Kysely<Schema>,
  conversationId: number,
  viewerId: number,
  to: { only: number } | { except: number },
  now: number
): Promise<CommittedEvent[]> {
  const data = (await getConversation(db, { viewerId, id: conversationId }))!
  const recipients = { conversationId, ...to }
  return appendEvent(db, { name: 'conversation_created', data }, { conversationId }, recipients, now)
}

/** Conversations that have a message, newest message first; those older than `before` (an id) when it is given. */
export async function listConversations(
  db: Kysely<Schema>,
  { viewerId, before, limit }: { viewerId: number; before: number | null; limit: number }
): Promise<Conversation[] | null> {
  const mine = conversationsOf(db, viewerId)
  let newest = mine
    .where('conversations.last_message_id', 'is not', null)
    .orderBy('conversations.last_message_id', 'desc')
    .limit(limit)
  const last = before === null ? null : mine.where('conversations.id', '=', before)
  if (last) {
    newest = newest.where(
      'conversations.last_message_id',
      '<',
      last.clearSelect().select('conversations.last_message_id')
    )
  }
  // The page first: what it shows is joined to 25 conversations, not to all. Of those two narrow rows each are read,
  // 2.6 ms for 10,000; a copy of last_message_id by participant would spare that and make every send dearer.
  const rows = await withDetails(db, viewerId, newest).orderBy('messages.id', 'desc').execute()
  // Nothing follows `before`, or the user is not in that conversation.
  if (last && rows.length === 0 && !(await last.executeTakeFirst())) return null
  return asSeen(db, viewerId, rows)
}

/** One of the viewer's; null where they are not in it. */
export async function getConversation(
  db: Kysely<Schema>,
  { viewerId, id }: { viewerId: number; id: number }
): Promise<Conversation | null> {
  const mine = conversationsOf(db, viewerId).where('conversations.id', '=', id)
  return (await asSeen(db, viewerId, await withDetails(db, viewerId, mine).execute()))[0] ?? null
}

/** A participant's conversations: what each query here starts from. */
function conversationsOf(db: Kysely<Schema>, viewerId: number) {
  return db
    .selectFrom('participants')
    .innerJoin('conversations', 'conversations.id', 'participants.conversation_id')
    .select([
      'conversations.id as conversation',
      'conversations.kind',
      'conversations.title',
      'conversations.last_message_id',
      'conversations.last_position',
      'participants.read_up_to',
      'participants.role'
    ])
    .where('participants.user_id', '=', viewerId)
}

type ConversationRows = ReturnType<typeof conversationsOf>
type DetailedRow = Awaited<ReturnType<ReturnType<typeof withDetails>['execute']>>[number]

/** The last message of each, and the other one of two. */
function withDetails(db: Kysely<Schema>, viewerId: number, conversations: ConversationRows) {
  return db
    .selectFrom(conversations.as('page'))
    .leftJoin('messages', 'messages.id', 'page.last_message_id')
    .leftJoin('users', 'users.id', 'messages.sender_id')
    .leftJoin('participants as other', (join) =>
      join
        .onRef('other.conversation_id', '=', 'page.conversation')
        .on('other.user_id', '!=', viewerId)
        .on('page.kind', '=', 'direct')
    )
    .leftJoin('users as other_user', 'other_user.id', 'other.user_id')
    .select([
      'page.conversation',
      'page.kind',
      'page.title',
      'page.last_position',
      'page.read_up_to',
      'page.role',
      ...messageColumns,
      'other_user.id as other_id',
      'other_user.username as other_username',
      'other_user.avatar_url as other_avatar_url'
    ])
}

/** Returns conversations as `viewerId` sees them. Sending marks a conversation read, so unread messages are never their own. */
async function asSeen(db: Kysely<Schema>, viewerId: number, rows: DetailedRow[]): Promise<Conversation[]> {
  const idsOf = (some: DetailedRow[]) => some.map((row) => row.conversation)
  const counts = await countEveryone(db, idsOf(rows.filter((row) => row.kind === 'group')))
  const unread = idsOf(rows.filter((row) => row.last_position > row.read_up_to))
  const mentions = await findUnreadMentions(db, viewerId, unread)
  return rows.map((row) => {
    const unreadCount = row.last_position - row.read_up_to
    const { other_id, other_username, other_avatar_url } = row
    return {
      id: String(row.conversation),
      kind: row.kind,
      title: row.title,
      otherParticipant:
        other_id === null
          ? null
          : userOf({ user_id: other_id, username: other_username!, avatar_url: other_avatar_url }),
      participantCount: counts.get(row.conversation) ?? 2,
      role: row.role,
      lastMessage: row.id === null ? null : messageOf(row as MessageColumns, viewerId),
      hasUnreadMessages: unreadCount > 0,
      unreadCount,
      unreadMentions: mentions.get(row.conversation) ?? [],
      readUpTo: row.read_up_to
    }
  })
}

/** How many are in each of these groups. */
async function countEveryone(db: Kysely<Schema>, groupIds: number[]): Promise<Map<number, number>> {
  if (groupIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('participants')
    .select(['conversation_id', (eb) => eb.fn.countAll<number>().as('count')])
    .where('conversation_id', 'in', groupIds)
    .groupBy('conversation_id')
    .execute()
  return new Map(rows.map((row) => [row.conversation_id, row.count]))
}

/** Returns the newest positions, in order, of unread messages that mention a user, by conversation. */
async function findUnreadMentions(db: Kysely<Schema>, viewerId: number, conversationIds: number[]) {
  const found = new Map<number, number[]>()
  if (conversationIds.length === 0) return found
  const rows = await db
    .selectFrom((from) =>
      from
        .selectFrom('mentions')
        .innerJoin('participants', (join) =>
          join
            .onRef('participants.conversation_id', '=', 'mentions.conversation_id')
            .onRef('participants.user_id', '=', 'mentions.user_id')
        )
        .where('mentions.user_id', '=', viewerId)
        .where('mentions.conversation_id', 'in', conversationIds)
        .whereRef('mentions.position', '>', 'participants.read_up_to')
        .select(['mentions.conversation_id', 'mentions.position'])
        .select((eb) =>
          eb.fn
            .agg<number>('row_number')
            .over((over) => over.partitionBy('mentions.conversation_id').orderBy('mentions.position', 'desc'))
            .as('newest')
        )
        .as('unread')
    )
    .select(['conversation_id', 'position'])
    .where('newest', '<=', unreadMentionsMax)
    .execute()
  for (const { conversation_id, position } of rows.toSorted((a, b) => a.position - b.position)) {
    found.set(conversation_id, [...(found.get(conversation_id) ?? []), position])
  }
  return found
}
