import type { Message, MessageExtras, MessageVersion, Reaction } from '@parley/contract/messages'
import { userColumns, userOf, type UserColumns } from '../people/rows.ts'
import { systemLineText } from './system-lines.ts'
import { columnNames, type StoredRow } from '../platform/storage/columns.ts'

/** Columns that no reader is shown: the sender comes joined, and the kind is in the body of a system line. */
const hidden = ['sender_id', 'kind'] as const

/** A message joined with its sender. */
export type MessageColumns = UserColumns & Omit<StoredRow<'messages'>, (typeof hidden)[number]>

/** What a message's `body` holds: what is shown beside its content, just as it is shown. */
export type MessageBody = MessageExtras & { reactions?: Reaction[] }

export const messageColumns = [
  ...columnNames('messages', hidden).map((name) => `messages.${name}` as const),
  ...userColumns
]

/** The message as `viewerId` sees it: `mine` is theirs, `clientId` is shown to its sender alone. */
export function messageOf(row: MessageColumns, viewerId: number): Message {
  const mine = row.user_id === viewerId
  const message: Message = Object.assign(sharedOf(row), { mine })
  if (mine && row.client_id !== null) message.clientId = row.client_id
  return message
}

/** What all viewers see alike of a message. No spread of what may be absent: that took 1 µs of each send. */
export function sharedOf(row: MessageColumns): Omit<Message, 'mine' | 'clientId'> {
  const sender = userOf(row)
  const body = row.body === null ? null : bodyOf(row.body)
  const message: Omit<Message, 'mine' | 'clientId'> = {
    id: String(row.id),
    content: body?.change ? systemLineText(body.change, sender, row.content) : row.content,
    conversationId: String(row.conversation_id),
    createdAt: timeOf(row.created_at),
    position: row.position,
    sender
  }
  if (body) Object.assign(message, body)
  if (row.version > 1) message.version = row.version
  if (row.edited_at !== null) message.editedAt = timeOf(row.edited_at)
  if (row.deleted_at !== null) message.deletedAt = timeOf(row.deleted_at)
  return message
}

export function bodyOf(text: string): MessageBody {
  return JSON.parse(text) as MessageBody
}

export function versionOf(row: { version: number; content: string; replaced_at: number }): MessageVersion {
  return { version: row.version, content: row.content, replacedAt: timeOf(row.replaced_at) }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
