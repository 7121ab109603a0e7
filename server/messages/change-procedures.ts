import type { Message, MessageVersion } from '@parley/contract/messages'
import { may } from '@parley/contract/roles'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import {
  bodyOf,
  messageColumns,
  messageOf,
  versionOf,
  type MessageBody,
  type MessageColumns
} from './rows.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { appendMessageEvent } from '../event-log/append-procedures.ts'
import { findMembership, lockConversation, type Membership } from '../conversations/membership-procedures.ts'
import { groupRefusal } from '../conversations/rules.ts'
import type { Refused } from '../platform/storage/refusals.ts'

type Change<Result> = Promise<{ result: Result | Refused; committed: CommittedEvent[] }>
type MessageRef = { viewerId: number; conversationId: number; messageId: number; now: number }

/** Gives a message of the viewer's another text. The one it has changes nothing, whatever the version. */
export async function editMessage(
  db: Kysely<Schema>,
  input: MessageRef & { content: string; mentions: string[]; version: number | null }
): Change<Message> {
  const { viewerId, conversationId, content, now } = input
  const found = await lockMessage(db, input)
  if ('refused' in found) return { result: found, committed: [] }
  const { row } = found
  const current = messageOf(row, viewerId)
  if (!current.mine) return { result: { refused: 'not_your_message' }, committed: [] }
  if (current.forwardedFrom) {
    return { result: { refused: 'not_allowed', reason: 'forwarded_message' }, committed: [] }
  }
  if (row.deleted_at !== null) return { result: { refused: 'message_deleted' }, committed: [] }
  if (row.content === content) return { result: current, committed: [] }
  if (input.version !== null && input.version !== row.version) {
    return { result: { refused: 'version_conflict', current }, committed: [] }
  }
  const { mentions: _, ...body } = row.body === null ? {} : bodyOf(row.body)
  const edited = {
    ...row,
    content,
    body: bodyText({ ...body, ...(input.mentions.length > 0 && { mentions: input.mentions }) }),
    version: row.version + 1,
    edited_at: now
  }
  await replace(db, row, edited, input)
  return {
    result: messageOf(edited, viewerId),
    committed: await appendMessageEvent(db, 'message_edited', edited, seeing(conversationId, row), now)
  }
}

/** Deletes a message of the viewer or, for admins, any message. A tombstone and its idempotency key stay; idempotent. */
export async function deleteMessage(db: Kysely<Schema>, input: MessageRef): Change<null> {
  const { viewerId, conversationId, now } = input
  const found = await lockMessage(db, input)
  if ('refused' in found) return { result: found, committed: [] }
  const { row, membership } = found
  if (row.user_id !== viewerId && !may(membership.me.role, 'delete_any_message')) {
    return { result: { refused: 'not_your_message' }, committed: [] }
  }
  if (row.deleted_at !== null) return { result: null, committed: [] }
  const deleted = {
    ...row,
    content: '',
    body: null,
    version: row.version + 1,
    edited_at: null,
    deleted_at: now
  }
  await replace(db, row, deleted, input)
  return {
    result: null,
    committed: await appendMessageEvent(db, 'message_deleted', deleted, seeing(conversationId, row), now)
  }
}

/** Lists the newest `limit` earlier texts of a message, oldest first, if the viewer may read them. */
export async function listVersions(
  db: Kysely<Schema>,
  input: Omit<MessageRef, 'now'> & { limit: number }
): Promise<MessageVersion[] | Refused> {
  const membership = await findMembership(db, input)
  const found = await findWritten(db, membership, input.messageId)
  if ('refused' in found) return found
  const refused = groupRefusal(membership, 'read_versions')
  if (refused) return refused
  const rows = await db
    .selectFrom('message_versions')
    .select(['version', 'content', 'replaced_at'])
    .where('message_id', '=', input.messageId)
    .orderBy('version', 'desc')
    .limit(input.limit)
    .execute()
  return rows.map(versionOf).toReversed()
}

type Found = { row: MessageColumns; membership: Membership }

/** A message that the viewer sees, in its locked conversation. */
export async function lockMessage(
  db: Kysely<Schema>,
  input: Omit<MessageRef, 'now'>
): Promise<Found | Refused> {
  return findWritten(db, await lockConversation(db, input), input.messageId)
}

/** Finds a message written by a user. System lines can be neither changed nor replied to. */
export async function findWritten(
  db: Kysely<Schema>,
  membership: Membership | undefined,
  messageId: number
): Promise<Found | Refused> {
  if (!membership) return { refused: 'conversation_not_found' }
  const row = await db
    .selectFrom('messages')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .select([...messageColumns, 'messages.kind'])
    .where('messages.id', '=', messageId)
    .where('messages.conversation_id', '=', membership.conversation.id)
    .where('messages.position', '>', membership.me.visible_from)
    .executeTakeFirst()
  if (!row) return { refused: 'message_not_found' }
  return row.kind === null ? { row, membership } : { refused: 'not_allowed', reason: 'system_line' }
}

/** What is stored beside a message's content; a message without anything has nothing. */
export function bodyText(body: MessageBody): string | null {
  return Object.keys(body).length > 0 ? JSON.stringify(body) : null
}

/** Those who came before a message, or may see what was before: the others hear nothing of it. */
function seeing(conversationId: number, { position }: MessageColumns) {
  return { conversationId, position }
}

/** Writes what a message is now, and keeps what it said. */
async function replace(
  db: Kysely<Schema>,
  before: MessageColumns,
  after: MessageColumns,
  { viewerId, now }: MessageRef
): Promise<void> {
  await db
    .insertInto('message_versions')
    .values({
      message_id: before.id,
      version: before.version,
      content: before.content,
      replaced_at: now,
      replaced_by: viewerId
    })
    .execute()
  const { content, body, version, edited_at, deleted_at } = after
  await db
    .updateTable('messages')
    .set({ content, body, version, edited_at, deleted_at })
    .where('id', '=', before.id)
    .execute()
  await replaceMentions(db, before, after)
}

async function replaceMentions(
  db: Kysely<Schema>,
  before: MessageColumns,
  after: MessageColumns
): Promise<void> {
  const [old, named] = [before, after].map(({ body }) =>
    (body === null ? [] : (bodyOf(body).mentions ?? [])).map(Number)
  ) as [number[], number[]]
  const { conversation_id, position } = after
  const gone = old.filter((userId) => !named.includes(userId))
  const come = named.filter((userId) => !old.includes(userId))
  if (gone.length > 0) {
    await db
      .deleteFrom('mentions')
      .where('user_id', 'in', gone)
      .where('conversation_id', '=', conversation_id)
      .where('position', '=', position)
      .execute()
  }
  if (come.length > 0) {
    await db
      .insertInto('mentions')
      .values(come.map((user_id) => ({ user_id, conversation_id, position })))
      .execute()
  }
}
