import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import type { Refused } from '../platform/storage/refusals.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { appendEvent } from '../event-log/append-procedures.ts'
import { findPosition } from './procedures.ts'
import { showsReceipts } from '../conversations/participant-procedures.ts'

/**
 * Moves a participant's read mark forward to `upTo` (a message's id), or to the newest message; never back. An unchanged mark
 * adds no event. In a conversation without read receipts only the reader gets the event.
 */
export async function markRead(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; upTo: number | null; now: number }
): Promise<{ result: Refused | null; committed: CommittedEvent[] }> {
  const { viewerId, conversationId, now } = input
  const me = await db
    .selectFrom('participants')
    .innerJoin('conversations', 'conversations.id', 'participants.conversation_id')
    .select(['participants.read_up_to', 'participants.visible_from', 'conversations.last_message_id'])
    .where('participants.conversation_id', '=', conversationId)
    .where('participants.user_id', '=', viewerId)
    // The lock keeps members as they are; new messages may arrive.
    .forKeyShare('conversations')
    .executeTakeFirst()
  if (!me) return { result: { refused: 'conversation_not_found' }, committed: [] }
  const messageId = input.upTo ?? me.last_message_id
  if (messageId === null) return { result: null, committed: [] }
  const position = await findPosition(db, conversationId, messageId)
  if (position === null || position <= me.visible_from) {
    return { result: { refused: 'message_not_found' }, committed: [] }
  }
  if (position <= me.read_up_to) return { result: null, committed: [] }
  const moved = await db
    .updateTable('participants')
    .set({ read_up_to: position })
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', viewerId)
    // Again, under the row's lock: another mark of mine may have come first.
    .where('read_up_to', '<', position)
    .returning('user_id')
    .executeTakeFirst()
  if (!moved) return { result: null, committed: [] }
  const data = {
    conversationId: String(conversationId),
    userId: String(viewerId),
    upTo: String(messageId),
    position
  }
  const to = { conversationId, ...(!(await showsReceipts(db, conversationId)) && { only: viewerId }) }
  return {
    result: null,
    committed: await appendEvent(db, { name: 'read', data }, { conversationId }, to, now)
  }
}
