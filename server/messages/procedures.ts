import type { Message, MessageExtras } from '@parley/contract/messages'
import type { Kysely } from 'kysely'
import { encode, type Json } from '../platform/storage/json.ts'
import { messageColumns, messageOf, type MessageColumns } from './rows.ts'
import type { Refused } from '../platform/storage/refusals.ts'
import type { Schema } from '../platform/storage/schema.ts'

/** A message to be, with the key that makes its retries one message. */
export type Send = {
  senderId: number
  conversationId: number
  content: string
  /** What is shown beside the content; null of a plain message. */
  extras: MessageExtras | null
  key: string
  /** The key again where the sender gave one, to be shown to them; null where the server made it. */
  clientId: string | null
  payloadHash: string
  /** ms */
  now: number
}

/** The message as its sender sees it, or why it was refused. One refusal spoils no batch. */
export type SendOutcome = { message: Json<Message> } | Refused

/** The answer to a key that was used before: its message as its sender sees it, if the payload is the same. */
export function firstAnswer(
  send: Pick<Send, 'senderId' | 'payloadHash'>,
  firstHash: string,
  firstMessage: () => MessageColumns
): SendOutcome {
  return firstHash === send.payloadHash
    ? { message: encode(messageOf(firstMessage(), send.senderId)) }
    : { refused: 'idempotency_mismatch' }
}

/** The first answer that a key got; null when the key is new. */
export async function findSend(
  db: Kysely<Schema>,
  send: Pick<Send, 'senderId' | 'key' | 'payloadHash'>
): Promise<SendOutcome | null> {
  const row = await db
    .selectFrom('sends')
    .innerJoin('messages', 'messages.id', 'sends.message_id')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .select([...messageColumns, 'sends.payload_hash'])
    .where('sends.sender_id', '=', send.senderId)
    .where('sends.key', '=', send.key)
    .executeTakeFirst()
  return row ? firstAnswer(send, row.payload_hash, () => row) : null
}

/** Messages, newest first, and the viewer's read mark. */
export type MessagePage = { messages: Message[]; readUpTo: number }

/** A page of messages, newest first, or why there is none. `before` is a message's id, exclusive. */
export async function listMessages(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; before: number | null; limit: number }
): Promise<MessagePage | Refused> {
  const viewer = db
    .selectFrom('participants as viewer')
    .where('viewer.conversation_id', '=', input.conversationId)
    .where('viewer.user_id', '=', input.viewerId)
  let page = viewer
    .innerJoin('messages', (join) =>
      join
        .onRef('messages.conversation_id', '=', 'viewer.conversation_id')
        .onRef('messages.position', '>', 'viewer.visible_from')
    )
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .select([...messageColumns, 'viewer.read_up_to'])
    .orderBy('messages.position', 'desc')
    .limit(input.limit)
  if (input.before !== null) {
    page = page.where('messages.position', '<', positionOf(db, input.conversationId, input.before))
  }
  const rows = await page.execute()
  if (rows[0]) {
    return { messages: rows.map((row) => messageOf(row, input.viewerId)), readUpTo: rows[0].read_up_to }
  }
  const found = await viewer.select(['viewer.read_up_to', 'viewer.visible_from']).executeTakeFirst()
  if (!found) return { refused: 'conversation_not_found' }
  if (input.before !== null) {
    const position = await findPosition(db, input.conversationId, input.before)
    if (position === null || position <= found.visible_from) return { refused: 'message_not_found' }
  }
  return { messages: [], readUpTo: found.read_up_to }
}

function positionOf(db: Kysely<Schema>, conversationId: number, messageId: number) {
  return db
    .selectFrom('messages')
    .select('position')
    .where('id', '=', messageId)
    .where('conversation_id', '=', conversationId)
}

/** The position of a message in its conversation; null where the conversation has no such message. */
export async function findPosition(
  db: Kysely<Schema>,
  conversationId: number,
  messageId: number
): Promise<number | null> {
  const row = await positionOf(db, conversationId, messageId).executeTakeFirst()
  return row?.position ?? null
}
