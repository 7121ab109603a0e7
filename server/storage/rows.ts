import type { Conversation, Message, User } from '@parley/contract/entities'

/** A user's columns as every query that shows a person selects them. */
export type UserColumns = { user_id: number; username: string; avatar_url: string | null }

/** A message joined with its sender. */
export type MessageColumns = UserColumns & {
  id: number
  conversation_id: number
  position: number
  content: string
  client_id: string | null
  created_at: number
}

export const userColumns = ['users.id as user_id', 'users.username', 'users.avatar_url'] as const

export const messageColumns = [
  'messages.id',
  'messages.conversation_id',
  'messages.position',
  'messages.content',
  'messages.client_id',
  'messages.created_at',
  ...userColumns
] as const

export function userOf(row: UserColumns): User {
  return { id: String(row.user_id), username: row.username, avatarURL: row.avatar_url }
}

/** The message as `viewerId` sees it: `mine` is theirs, `clientId` is shown to its sender alone. */
export function messageOf(row: MessageColumns, viewerId: number): Message {
  const mine = row.user_id === viewerId
  return {
    id: String(row.id),
    content: row.content,
    conversationId: String(row.conversation_id),
    createdAt: new Date(row.created_at).toISOString(),
    mine,
    position: row.position,
    sender: userOf(row),
    ...(mine && row.client_id !== null && { clientId: row.client_id })
  }
}

/** A conversation as one participant sees it. Whoever sends has read, so what is unread is never their own. */
export function conversationOf(
  row: { id: number; last_position: number; read_up_to: number },
  otherParticipant: User,
  lastMessage: Message | null
): Conversation {
  const unreadCount = row.last_position - row.read_up_to
  return {
    id: String(row.id),
    otherParticipant,
    lastMessage,
    hasUnreadMessages: unreadCount > 0,
    unreadCount,
    readUpTo: row.read_up_to
  }
}
