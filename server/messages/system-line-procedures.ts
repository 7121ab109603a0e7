import type { Change } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import type { Kysely } from 'kysely'
import type { MessageColumns } from './rows.ts'
import { systemLineText } from './system-lines.ts'
import { columnNames, pick } from '../platform/storage/columns.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { newMessage, updatedColumns, updateFrom } from './append.ts'

/**
 * Adds a system line to a conversation whose row is locked. As with any message, the user who caused it has read it. The
 * caller appends its events.
 */
export async function addLine(
  db: Kysely<Schema>,
  { conversationId, by, change, now }: { conversationId: number; by: User; change: Change; now: number }
): Promise<MessageColumns> {
  const { last_position } = await db
    .selectFrom('conversations')
    .select('last_position')
    .where('id', '=', conversationId)
    .executeTakeFirstOrThrow()
  const place = { id: undefined, conversationId, position: last_position + 1, sender: by }
  const body = JSON.stringify({ change })
  const line = newMessage(
    place,
    // Older nodes read the content; this one makes the text of the change.
    { content: systemLineText(change, by), kind: change.kind, body, client_id: null },
    now
  )
  const { id } = await db
    .insertInto('messages')
    .values(pick(line, lineColumns))
    .returning('id')
    .executeTakeFirstOrThrow()
  const message = { ...line, id }
  await db
    .updateTable('conversations')
    .set(updateFrom(message, updatedColumns.conversations))
    .where('id', '=', conversationId)
    .execute()
  await db
    .updateTable('participants')
    .set(updateFrom(message, updatedColumns.participants))
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', line.sender_id)
    .execute()
  return message
}

const lineColumns = columnNames('messages', ['id'])
