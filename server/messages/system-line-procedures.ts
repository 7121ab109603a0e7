import type { Change } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import type { Kysely } from 'kysely'
import type { MessageColumns } from './rows.ts'
import { systemLineText } from './system-lines.ts'
import type { Schema } from '../platform/storage/schema.ts'

/**
 * Adds a line that nobody wrote to a conversation whose row is locked. As with any message, it is read for whoever caused
 * it. Its events are the caller's to append.
 */
export async function addLine(
  db: Kysely<Schema>,
  { conversationId, by, change, now }: { conversationId: number; by: User; change: Change; now: number }
): Promise<MessageColumns> {
  const { last_position: position } = await db
    .updateTable('conversations')
    .set((eb) => ({ last_position: eb('last_position', '+', 1) }))
    .where('id', '=', conversationId)
    .returning('last_position')
    .executeTakeFirstOrThrow()
  const line = {
    conversation_id: conversationId,
    position,
    // Older nodes read it; this one makes the text of the change.
    content: systemLineText(change, by),
    body: JSON.stringify({ change }),
    client_id: null,
    created_at: now,
    edited_at: null,
    deleted_at: null
  }
  const { id } = await db
    .insertInto('messages')
    .values({ ...line, sender_id: Number(by.id), kind: change.kind })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .updateTable('conversations')
    .set({ last_message_id: id })
    .where('id', '=', conversationId)
    .execute()
  await db
    .updateTable('participants')
    .set({ read_up_to: position })
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', Number(by.id))
    .execute()
  return {
    ...line,
    id,
    version: 1,
    user_id: Number(by.id),
    username: by.username,
    avatar_url: by.avatarURL
  }
}
