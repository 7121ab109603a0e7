import type { Message } from '@parley/contract/entities'
import type { ProblemCode } from '@parley/contract/errors'
import type { Kysely } from 'kysely'
import { messageColumns, messageOf } from '../rows.ts'
import type { Schema } from '../schema.ts'

/** A message to be, with the key that makes its retries one message. */
export type Send = {
  senderId: number
  conversationId: number
  content: string
  key: string
  /** The key again where the sender gave one, to be shown to them; null where the server made it. */
  clientId: string | null
  payloadHash: string
  /** ms */
  now: number
}

/** The message as its sender sees it, or why it was refused. One refusal spoils no batch. */
export type SendOutcome = { message: Message } | { refused: ProblemCode }

/** The first answer that a key got; null when the key is new. */
export async function findSend(
  db: Kysely<Schema>,
  { senderId, key, payloadHash }: Pick<Send, 'senderId' | 'key' | 'payloadHash'>
): Promise<SendOutcome | null> {
  const row = await db
    .selectFrom('sends')
    .innerJoin('messages', 'messages.id', 'sends.message_id')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .select([...messageColumns, 'sends.payload_hash'])
    .where('sends.sender_id', '=', senderId)
    .where('sends.key', '=', key)
    .executeTakeFirst()
  if (!row) return null
  return row.payload_hash === payloadHash
    ? { message: messageOf(row, senderId) }
    : { refused: 'idempotency_mismatch' }
}

/** A page of messages, newest first, or why there is none. `before` is a message's id, exclusive. */
export async function listMessages(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; before: number | null; limit: number }
): Promise<Message[] | { refused: ProblemCode }> {
  const viewer = await db
    .selectFrom('participants')
    .select('user_id')
    .where('conversation_id', '=', input.conversationId)
    .where('user_id', '=', input.viewerId)
    .executeTakeFirst()
  if (!viewer) return { refused: 'conversation_not_found' }
  let query = db
    .selectFrom('messages')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .select(messageColumns)
    .where('messages.conversation_id', '=', input.conversationId)
  if (input.before !== null) {
    const position = await findPosition(db, input.conversationId, input.before)
    if (position === null) return { refused: 'message_not_found' }
    query = query.where('messages.position', '<', position)
  }
  const rows = await query.orderBy('messages.position', 'desc').limit(input.limit).execute()
  return rows.map((row) => messageOf(row, input.viewerId))
}

/** The position of a message in its conversation; null where the conversation has no such message. */
export async function findPosition(
  db: Kysely<Schema>,
  conversationId: number,
  messageId: number
): Promise<number | null> {
  const row = await db
    .selectFrom('messages')
    .select('position')
    .where('id', '=', messageId)
    .where('conversation_id', '=', conversationId)
    .executeTakeFirst()
  return row?.position ?? null
}
