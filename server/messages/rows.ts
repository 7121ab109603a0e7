import type { Message, MessageExtras, MessageVersion, Reaction } from '@parley/contract/messages'
import type { Participant, Role } from '@parley/contract/participants'
import type { User } from '@parley/contract/people'
import { systemLineText } from './system-lines.ts'

/** A user's columns as every query that shows a person selects them. */
export type UserColumns = { user_id: number; username: string; avatar_url: string | null }

/** A message joined with its sender. */
export type MessageColumns = UserColumns & {
  id: number
  conversation_id: number
  position: number
  content: string
  body: string | null
  client_id: string | null
  created_at: number
  version: number
  edited_at: number | null
  deleted_at: number | null
}

/** What a message's `body` holds: what is shown beside its content, just as it is shown. */
export type MessageBody = MessageExtras & { reactions?: Reaction[] }

export type ParticipantColumns = UserColumns & { role: Role; joined_at: number; read_up_to: number }

export const userColumns = ['users.id as user_id', 'users.username', 'users.avatar_url'] as const

export const messageColumns = [
  'messages.id',
  'messages.conversation_id',
  'messages.position',
  'messages.content',
  'messages.body',
  'messages.client_id',
  'messages.created_at',
  'messages.version',
  'messages.edited_at',
  'messages.deleted_at',
  ...userColumns
] as const

export const participantColumns = [
  'participants.role',
  'participants.joined_at',
  'participants.read_up_to',
  ...userColumns
] as const

export function userOf(row: UserColumns): User {
  return { id: String(row.user_id), username: row.username, avatarURL: row.avatar_url }
}

/** The message as `viewerId` sees it: `mine` is theirs, `clientId` is shown to its sender alone. */
export function messageOf(row: MessageColumns, viewerId: number): Message {
  const mine = row.user_id === viewerId
  const sender = userOf(row)
  const extras = row.body === null ? {} : bodyOf(row.body)
  return {
    id: String(row.id),
    content: extras.change ? systemLineText(extras.change, sender, row.content) : row.content,
    conversationId: String(row.conversation_id),
    createdAt: timeOf(row.created_at),
    position: row.position,
    sender,
    ...extras,
    ...(row.version > 1 && { version: row.version }),
    ...(row.edited_at !== null && { editedAt: timeOf(row.edited_at) }),
    ...(row.deleted_at !== null && { deletedAt: timeOf(row.deleted_at) }),
    mine,
    ...(mine && row.client_id !== null && { clientId: row.client_id })
  }
}

export function bodyOf(text: string): MessageBody {
  return JSON.parse(text) as MessageBody
}

export function versionOf(row: { version: number; content: string; replaced_at: number }): MessageVersion {
  return { version: row.version, content: row.content, replacedAt: timeOf(row.replaced_at) }
}

/** `receipts`: whether it is shown how far each has read. */
export function participantOf(row: ParticipantColumns, receipts: boolean): Participant {
  return {
    user: userOf(row),
    role: row.role,
    joinedAt: timeOf(row.joined_at),
    readUpTo: receipts ? row.read_up_to : null
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
