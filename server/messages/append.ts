import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { newEvent, type NewEvent } from '../event-log/append-procedures.ts'
import { columnNames, type StoredRow } from '../platform/storage/columns.ts'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import type { Json } from '../platform/storage/json.ts'
import type { Send } from './procedures.ts'
import type { UserColumns } from '../people/rows.ts'
import { sharedOf } from './rows.ts'

/** A message's row, joined with its sender. */
export type NewMessage = StoredRow<'messages'> & UserColumns

/**
 * The rows that a new message adds. Its event goes to the log of each participant, and `updatedColumns` says what changes in
 * the rows of its conversation and its sender.
 */
export type Append = {
  message: NewMessage
  key: StoredRow<'sends'>
  mentions: readonly StoredRow<'mentions'>[]
  event: NewEvent
  /** Everyone in the conversation, by id. */
  participants: readonly number[]
  /** The message as JSON, for its sender and for the others. */
  mine: Json<Message>
  others: Json<Message>
}

/**
 * The columns that a batch of sends writes, by table. The others keep their default, NULL or 1, in the message of a person and
 * its event; an event's place and kind are the statement's own.
 */
export const sentColumns = {
  messages: columnNames('messages', ['kind', 'edited_at', 'deleted_at', 'version']),
  sends: columnNames('sends'),
  mentions: columnNames('mentions'),
  events: columnNames('inbox_events', ['user_id', 'seq', 'kind', 'payload', 'conversation_id'])
}

/** Columns of a key that its message has, too, each with the message's column. */
export const keyColumns = { sender_id: 'sender_id', message_id: 'id' } as const

/** Columns that a new message updates, each with the message's column that it takes. Such values only grow. */
export const updatedColumns = {
  conversations: { last_message_id: 'id', last_position: 'position' },
  /** The sender's: they have read what they wrote. */
  participants: { read_up_to: 'position' }
} as const

/** The new values of the columns that a message updates. */
export function updateFrom<Column extends string>(
  message: NewMessage,
  columns: { readonly [Each in Column]: 'id' | 'position' }
): Record<Column, number> {
  const entries = Object.entries<'id' | 'position'>(columns).map(([column, from]) => [column, message[from]])
  return Object.fromEntries(entries) as Record<Column, number>
}

type Place<Id> = { id: Id; conversationId: number; position: number; sender: User }
type Written = Pick<NewMessage, 'content' | 'kind' | 'body' | 'client_id'>

/** The row of a message or a system line; `id` may be undefined until the database has given it. `now` is ms. */
export function newMessage<Id extends number | undefined>(
  { id, conversationId, position, sender }: Place<Id>,
  { content, kind, body, client_id }: Written,
  now: number
): Omit<NewMessage, 'id'> & { id: Id } {
  const senderId = Number(sender.id)
  return {
    id,
    conversation_id: conversationId,
    position,
    sender_id: senderId,
    content,
    kind,
    body,
    client_id,
    created_at: now,
    edited_at: null,
    deleted_at: null,
    version: 1,
    user_id: senderId,
    username: sender.username,
    avatar_url: sender.avatarURL
  }
}

const noMentions: Append['mentions'] = []

/** Plans what a send adds at its place. `sender` is one of `participants`. */
export function planSend(
  send: Send,
  place: { id: number; position: number; sender: User; participants: readonly number[] }
): Append {
  const { conversationId, extras } = send
  const { id, position, sender, participants } = place
  const written = {
    content: send.content,
    kind: null,
    body: extras && JSON.stringify(extras),
    client_id: send.clientId
  }
  const message = newMessage({ id, conversationId, position, sender }, written, send.now)
  const { mine, others } = encodeBoth(message)
  return {
    message,
    key: { sender_id: send.senderId, key: send.key, payload_hash: send.payloadHash, message_id: id },
    mentions:
      extras?.mentions?.map((userId) => ({
        user_id: Number(userId),
        conversation_id: conversationId,
        position
      })) ?? noMentions,
    event: newEvent('message', { messageId: id }, send.now),
    participants,
    mine,
    others
  }
}

/** The events of a new message, once each recipient's log has a place for it. */
export function committedOf(
  { message, mine, others }: Append,
  places: CommittedEvent['to']
): CommittedEvent[] {
  const sent: CommittedEvent = { name: 'message_sent', json: mine, to: [] }
  const received: CommittedEvent = { name: 'message', json: others, to: [] }
  for (const place of places) (place.userId === message.sender_id ? sent : received).to.push(place)
  return received.to.length > 0 ? [sent, received] : [sent]
}

/**
 * The message as its sender and as the others see it. Both differ only at their end, so the rest is encoded once. To the byte
 * they are what `messageOf` gives when the message is read back.
 */
function encodeBoth(message: NewMessage): Pick<Append, 'mine' | 'others'> {
  const open = JSON.stringify(sharedOf(message)).slice(0, -1)
  const key = message.client_id === null ? '' : `,"clientId":${JSON.stringify(message.client_id)}`
  return { mine: `${open},"mine":true${key}}`, others: `${open},"mine":false}` }
}
