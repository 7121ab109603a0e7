import type { MessageExtras, Quote } from '@parley/contract/messages'
import { quoteMaxLength } from '@parley/contract/limits'
import type { Kysely } from 'kysely'
import { userOf } from '../people/rows.ts'
import { bodyOf, type MessageColumns } from './rows.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { findMembership } from '../conversations/membership-procedures.ts'
import type { Refused } from '../platform/storage/refusals.ts'
import { findWritten } from './change-procedures.ts'

/** What a message quotes, passes on and names, as far as it is there and its sender sees it. */
export type FoundExtras = {
  replyTo?: Quote
  /** The message that is passed on: its text, and whose it was first. */
  forwarded?: Required<Pick<MessageExtras, 'forwardedFrom'>> & { content: string }
  /** Of the keys that were asked for, those of participants. */
  people: [key: string, userId: string][]
}

/** Looks up what a message to be has beside its text. `keys` are of the names that may be mentioned in it. */
export async function findExtras(
  db: Kysely<Schema>,
  input: {
    viewerId: number
    conversationId: number
    replyTo: number | null
    forwardOf: number | null
    keys: string[]
  }
): Promise<FoundExtras | Refused> {
  const { viewerId, conversationId, replyTo, forwardOf, keys } = input
  const found: FoundExtras = { people: await findParticipantsByKey(db, conversationId, keys) }
  if (replyTo !== null) {
    const original = await findWritten(db, await findMembership(db, input), replyTo)
    if ('refused' in original) return original
    if (original.row.deleted_at !== null) return { refused: 'message_deleted' }
    found.replyTo = quoteOf(original.row)
  }
  if (forwardOf !== null) {
    const within = await db
      .selectFrom('messages')
      .select('conversation_id')
      .where('id', '=', forwardOf)
      .executeTakeFirst()
    const membership =
      within && (await findMembership(db, { viewerId, conversationId: within.conversation_id }))
    // A user outside the conversation must not learn that the message exists.
    if (!membership) return { refused: 'message_not_found' }
    const original = await findWritten(db, membership, forwardOf)
    if ('refused' in original) return original
    const { row } = original
    if (row.deleted_at !== null) return { refused: 'message_deleted' }
    const first = row.body === null ? undefined : bodyOf(row.body).forwardedFrom
    found.forwarded = { content: row.content, forwardedFrom: first ?? userOf(row) }
  }
  return found
}

async function findParticipantsByKey(
  db: Kysely<Schema>,
  conversationId: number,
  keys: string[]
): Promise<FoundExtras['people']> {
  if (keys.length === 0) return []
  const rows = await db
    .selectFrom('users')
    .innerJoin('participants', 'participants.user_id', 'users.id')
    .select(['users.username_key', 'users.id'])
    .where('users.username_key', 'in', keys)
    .where('participants.conversation_id', '=', conversationId)
    .execute()
  return rows.map((row) => [row.username_key, String(row.id)])
}

function quoteOf(row: MessageColumns): Quote {
  const points = Array.from(row.content)
  const content =
    points.length > quoteMaxLength ? `${points.slice(0, quoteMaxLength - 1).join('')}…` : row.content
  return { id: String(row.id), content, sender: userOf(row) }
}
