import type { Participant, Role } from '@parley/contract/participants'
import type { User } from '@parley/contract/people'
import { groupsOwnedMax, participantsMax, receiptsMax } from '@parley/contract/limits'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { messageOf } from '../messages/rows.ts'
import { userColumns, userOf } from '../people/rows.ts'
import { participantColumns, participantOf } from './rows.ts'
import { groupRefusal, removalRefusal } from './rules.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { appendEvent, appendMessageEvent, lockHeads } from '../event-log/append-procedures.ts'
import { appendCreated } from './procedures.ts'
import { addLine } from '../messages/system-line-procedures.ts'
import {
  countParticipants,
  findParticipant,
  lockConversation,
  ownsTooManyGroups
} from './membership-procedures.ts'
import type { Refused } from '../platform/storage/refusals.ts'

/** A page of who is in a conversation, in the order in which they came; `after` is a user's id, exclusive. */
export async function listParticipants(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; after: number | null; limit: number }
): Promise<Participant[] | Refused> {
  const { viewerId, conversationId, after, limit } = input
  const me = await findParticipant(db, conversationId, viewerId)
  if (!me) return { refused: 'conversation_not_found' }
  let query = db
    .selectFrom('participants')
    .innerJoin('users', 'users.id', 'participants.user_id')
    .select(participantColumns)
    .where('participants.conversation_id', '=', conversationId)
  if (after !== null) {
    const last = await findParticipant(db, conversationId, after)
    if (!last) return { refused: 'participant_not_found' }
    query = query.where((eb) =>
      eb(
        eb.refTuple('participants.joined_at', 'participants.user_id'),
        '>',
        eb.tuple(last.joined_at, last.user_id)
      )
    )
  }
  const rows = await query
    .orderBy('participants.joined_at')
    .orderBy('participants.user_id')
    .limit(limit)
    .execute()
  const receipts = await showsReceipts(db, conversationId)
  return rows.map((row) => participantOf(row, receipts))
}

/** Returns whether a conversation shows read receipts. */
export async function showsReceipts(db: Kysely<Schema>, conversationId: number): Promise<boolean> {
  return (await countParticipants(db, conversationId, receiptsMax)) <= receiptsMax
}

/** Adds a user, by the key of their name, to a group. A user who is a member keeps their role. */
export async function addParticipant(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; key: string; role: 'admin' | 'member'; now: number }
): Promise<{ result: { participant: Participant; added: boolean } | Refused; committed: CommittedEvent[] }> {
  const { conversationId, role, now } = input
  const membership = await lockConversation(db, input)
  const refused =
    groupRefusal(membership, 'add_participant') ??
    (role === 'member' ? null : groupRefusal(membership, 'change_role'))
  if (refused) return { result: refused, committed: [] }
  const found = await db
    .selectFrom('users')
    .select(userColumns)
    .where('username_key', '=', input.key)
    .executeTakeFirst()
  if (!found) return { result: { refused: 'user_not_found', username: input.key }, committed: [] }
  const userId = found.user_id
  const result = async (added: boolean) => ({
    participant: participantOf(
      (await findParticipant(db, conversationId, userId))!,
      await showsReceipts(db, conversationId)
    ),
    added
  })
  if (await findParticipant(db, conversationId, userId)) return { result: await result(false), committed: [] }
  const count = await countParticipants(db, conversationId, participantsMax)
  if (count >= participantsMax)
    return { result: { refused: 'group_full', max: participantsMax }, committed: [] }
  const { last_position, history } = membership!.conversation
  await db
    .insertInto('participants')
    .values({
      conversation_id: conversationId,
      user_id: userId,
      role,
      read_up_to: last_position,
      joined_at: now,
      visible_from: history === 'joined' ? last_position : 0
    })
    .execute()
  const change = {
    kind: 'participant_added' as const,
    user: userOf(found),
    role,
    participantCount: count + 1
  }
  const line = await addLine(db, { conversationId, by: userOf(membership!.me), change, now })
  await lockHeads(db, conversationId)
  const others = { conversationId, except: userId }
  return {
    result: await result(true),
    committed: [
      ...(await appendMessageEvent(db, 'participant_added', line, others, now)),
      ...(await appendCreated(db, conversationId, userId, { only: userId }, now))
    ]
  }
}

/** Changes a member's role. An owner who transfers ownership becomes an admin. */
export async function changeRole(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; userId: number; role: Role; now: number }
): Promise<{ result: Participant | Refused; committed: CommittedEvent[] }> {
  const { viewerId, conversationId, userId, role, now } = input
  const membership = await lockConversation(db, input)
  const refused = groupRefusal(membership, 'change_role')
  if (refused) return { result: refused, committed: [] }
  const target = await findParticipant(db, conversationId, userId)
  if (!target) return { result: { refused: 'participant_not_found' }, committed: [] }
  const receipts = await showsReceipts(db, conversationId)
  if (target.role === role) return { result: participantOf(target, receipts), committed: [] }
  if (userId === viewerId) {
    return { result: { refused: 'not_allowed', reason: 'own_role' }, committed: [] }
  }
  if (role === 'owner' && (await ownsTooManyGroups(db, userId))) {
    const { username } = target
    return { result: { refused: 'too_many_groups', max: groupsOwnedMax, username }, committed: [] }
  }
  await lockHeads(db, conversationId)
  const committed = await setRole(db, {
    by: userOf(membership!.me),
    conversationId,
    user: userOf(target),
    role,
    now
  })
  return { result: participantOf({ ...target, role }, receipts), committed }
}

/** Removes a member from a group, or lets them leave. When the owner leaves, ownership passes to another member. */
export async function removeParticipant(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; userId: number; now: number }
): Promise<{ result: Refused | null; committed: CommittedEvent[] }> {
  const { viewerId, conversationId, userId, now } = input
  const membership = await lockConversation(db, input)
  if (!membership) return { result: { refused: 'conversation_not_found' }, committed: [] }
  const leaves = userId === viewerId
  const refused =
    membership.conversation.kind !== 'group' || !leaves ? groupRefusal(membership, 'remove_member') : null
  if (refused) return { result: refused, committed: [] }
  const target = await findParticipant(db, conversationId, userId)
  if (!target) return { result: { refused: 'participant_not_found' }, committed: [] }
  const forbidden = leaves ? null : removalRefusal(membership.me.role, target.role)
  if (forbidden) return { result: forbidden, committed: [] }
  await lockHeads(db, conversationId)
  const committed: CommittedEvent[] = []
  const heir = leaves && target.role === 'owner' ? await findHeir(db, conversationId, userId) : undefined
  if (heir) {
    committed.push(
      ...(await setRole(db, {
        by: userOf(membership.me),
        conversationId,
        user: userOf(heir),
        role: 'owner',
        now
      }))
    )
  }
  const participantCount = (await countParticipants(db, conversationId, participantsMax)) - 1
  const change = { kind: 'participant_removed' as const, user: userOf(target), participantCount }
  const line = await addLine(db, { conversationId, by: userOf(membership.me), change, now })
  // Theirs alone, and not of the conversation: it stays readable when nothing else of it is.
  const theirs = { name: 'participant_removed' as const, data: messageOf(line, userId), retracts: true }
  committed.push(...(await appendEvent(db, theirs, null, { conversationId, only: userId }, now)))
  for (const table of ['participants', 'mentions'] as const) {
    await db
      .deleteFrom(table)
      .where('conversation_id', '=', conversationId)
      .where('user_id', '=', userId)
      .execute()
  }
  committed.push(...(await appendMessageEvent(db, 'participant_removed', line, { conversationId }, now)))
  return { result: null, committed }
}

/** Who is the owner after this one: the admin, else the member, who has been there longest. */
async function findHeir(db: Kysely<Schema>, conversationId: number, ownerId: number) {
  return db
    .selectFrom('participants')
    .innerJoin('users', 'users.id', 'participants.user_id')
    .select(participantColumns)
    .where('participants.conversation_id', '=', conversationId)
    .where('participants.user_id', '!=', ownerId)
    .orderBy((eb) => eb.case().when('participants.role', '=', 'admin').then(0).else(1).end())
    .orderBy('participants.joined_at')
    .orderBy('participants.user_id')
    .executeTakeFirst()
}

async function setRole(
  db: Kysely<Schema>,
  input: { by: User; conversationId: number; user: User; role: Role; now: number }
): Promise<CommittedEvent[]> {
  const { by, conversationId, user, role, now } = input
  const set = (userId: string, role: Role) =>
    db
      .updateTable('participants')
      .set({ role })
      .where('conversation_id', '=', conversationId)
      .where('user_id', '=', Number(userId))
      .execute()
  // In this order there are never two owners, not even for a moment.
  if (role === 'owner') await set(by.id, 'admin')
  await set(user.id, role)
  const line = await addLine(db, { conversationId, by, change: { kind: 'role_changed', user, role }, now })
  return appendMessageEvent(db, 'role_changed', line, { conversationId }, now)
}
