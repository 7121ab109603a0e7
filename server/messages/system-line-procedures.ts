import type { Change, User } from '@parley/contract/entities'
import type { Kysely } from 'kysely'
import type { MessageColumns } from './rows.ts'
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
    content: lineOf(change, by),
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

const roleNames = { owner: 'the owner', admin: 'an admin', member: 'a member' } as const

/** A line in plain English, for whoever shows no more than a message's content. */
function lineOf({ kind, user, role, title }: Change, by: User): string {
  switch (kind) {
    case 'conversation_created':
      return `${by.username} started the group “${title}”`
    case 'participant_added':
      return `${by.username} added ${user?.username}${role === 'admin' ? ' as an admin' : ''}`
    case 'participant_removed':
      return user?.id === by.id ? `${by.username} left` : `${by.username} removed ${user?.username}`
    case 'role_changed':
      return `${by.username} made ${user?.username} ${roleNames[role ?? 'member']}`
    case 'conversation_renamed':
      return `${by.username} renamed the group to “${title}”`
    default:
      return kind satisfies never
  }
}
