import { signalsMax } from '@parley/contract/limits'
import type { Kysely } from 'kysely'
import type { Schema } from '../platform/storage/schema.ts'

/** Returns up to `limit` members of a conversation; empty if the viewer is not a member. */
export async function listAudience(
  db: Kysely<Schema>,
  { viewerId, conversationId, limit }: { viewerId: number; conversationId: number; limit: number }
): Promise<number[]> {
  const rows = await db
    .selectFrom('participants as me')
    .innerJoin('participants as everyone', 'everyone.conversation_id', 'me.conversation_id')
    .select('everyone.user_id')
    .where('me.conversation_id', '=', conversationId)
    .where('me.user_id', '=', viewerId)
    .limit(limit)
    .execute()
  return rows.map((row) => row.user_id)
}

/** Each of these users with the people of their conversations that have messages and up to `signalsMax` people. */
export async function listContacts(
  db: Kysely<Schema>,
  { userIds }: { userIds: number[] }
): Promise<{ userId: number; contactId: number }[]> {
  if (userIds.length === 0) return []
  return contactsOf(db, userIds)
    .select(['mine.user_id as userId', 'theirs.user_id as contactId'])
    .distinct()
    .execute()
}

/** Returns the contacts of a user and when (ms) each was last seen; null if never. */
export async function listLastSeen(
  db: Kysely<Schema>,
  { viewerId }: { viewerId: number }
): Promise<{ userId: number; lastSeenAt: number | null }[]> {
  return db
    .selectFrom('users')
    .select(['id as userId', 'last_seen_at as lastSeenAt'])
    .where('id', 'in', contactsOf(db, [viewerId]).select('theirs.user_id'))
    .execute()
}

/** These users were last seen at `at` (ms). */
export async function setLastSeen(
  db: Kysely<Schema>,
  { userIds, at }: { userIds: number[]; at: number }
): Promise<{ result: null }> {
  await db.updateTable('users').set({ last_seen_at: at }).where('id', 'in', userIds).execute()
  return { result: null }
}

function contactsOf(db: Kysely<Schema>, userIds: number[]) {
  return (
    db
      .selectFrom('participants as mine')
      .innerJoin('participants as theirs', (join) =>
        join
          .onRef('theirs.conversation_id', '=', 'mine.conversation_id')
          .onRef('theirs.user_id', '!=', 'mine.user_id')
      )
      .innerJoin('conversations', 'conversations.id', 'mine.conversation_id')
      .where('mine.user_id', 'in', userIds)
      // One without messages is in no list of the other person, and shows them nothing.
      .where('conversations.last_message_id', 'is not', null)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('participants as everyone')
              .select('everyone.user_id')
              .whereRef('everyone.conversation_id', '=', 'mine.conversation_id')
              .limit(1)
              .offset(signalsMax)
          )
        )
      )
  )
}
