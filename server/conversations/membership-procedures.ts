import { groupsOwnedMax } from '@parley/contract/limits'
import type { Kysely, Selectable } from 'kysely'
import { participantColumns, type ParticipantColumns } from './rows.ts'
import type { ConversationRow, Schema } from '../platform/storage/schema.ts'

const conversationColumns = ['id', 'kind', 'title', 'history', 'last_position'] as const

/** A conversation whose row is locked, and one participant of it. */
export type Membership = {
  conversation: Pick<Selectable<ConversationRow>, (typeof conversationColumns)[number]>
  me: ParticipantColumns & { visible_from: number }
}

type Within = { viewerId: number; conversationId: number }

/**
 * Locks a conversation and returns the membership of `viewerId`; undefined if they are not a member. Every change of a
 * conversation takes this lock first, so concurrent changes run one after the other.
 */
export async function lockConversation(
  db: Kysely<Schema>,
  { viewerId, conversationId }: Within
): Promise<Membership | undefined> {
  const conversation = await conversationOf(db, conversationId).forUpdate().executeTakeFirst()
  const me = conversation && (await findParticipant(db, conversationId, viewerId))
  return me && { conversation, me }
}

/** The same for a read. */
export async function findMembership(
  db: Kysely<Schema>,
  { viewerId, conversationId }: Within
): Promise<Membership | undefined> {
  const conversation = await conversationOf(db, conversationId).executeTakeFirst()
  const me = conversation && (await findParticipant(db, conversationId, viewerId))
  return me && { conversation, me }
}

function conversationOf(db: Kysely<Schema>, id: number) {
  return db.selectFrom('conversations').select(conversationColumns).where('id', '=', id)
}

export async function findParticipant(db: Kysely<Schema>, conversationId: number, userId: number) {
  return db
    .selectFrom('participants')
    .innerJoin('users', 'users.id', 'participants.user_id')
    .select([...participantColumns, 'participants.visible_from'])
    .where('participants.conversation_id', '=', conversationId)
    .where('participants.user_id', '=', userId)
    .executeTakeFirst()
}

/** How many are in a conversation; counts no further than one above `most`. */
export async function countParticipants(
  db: Kysely<Schema>,
  conversationId: number,
  most: number
): Promise<number> {
  const { count } = await db
    .selectFrom((from) =>
      from
        .selectFrom('participants')
        .select('user_id')
        .where('conversation_id', '=', conversationId)
        .limit(most + 1)
        .as('some')
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Whether a user owns as many groups as one may. Locks the user's row, so that two new groups are counted in turn. */
export async function ownsTooManyGroups(db: Kysely<Schema>, userId: number): Promise<boolean> {
  await db.selectFrom('users').select('id').where('id', '=', userId).forNoKeyUpdate().execute()
  const { count } = await db
    .selectFrom((from) =>
      from
        .selectFrom('participants')
        .select('conversation_id')
        .where('user_id', '=', userId)
        .where('role', '=', 'owner')
        .limit(groupsOwnedMax)
        .as('owned')
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count >= groupsOwnedMax
}
