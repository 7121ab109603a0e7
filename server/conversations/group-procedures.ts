import type { Conversation } from '@parley/contract/conversations'
import type { User } from '@parley/contract/people'
import { groupsOwnedMax } from '@parley/contract/limits'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { userOf } from '../people/rows.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { appendMessageEvent, lockHeads } from '../event-log/append-procedures.ts'
import { appendCreated } from './procedures.ts'
import { addLine } from '../messages/system-line-procedures.ts'
import { lockConversation, ownsTooManyGroups } from './membership-procedures.ts'
import { groupRefusal } from './rules.ts'
import type { Refused } from '../platform/storage/refusals.ts'

/** Rows of one insert at most. */
const rowsMax = 100

/**
 * Starts a group owned by `me`, with a system line. Returns it as `me` sees it, because a read after the commit could fail, and a
 * retry would start a second group.
 */
export async function startGroup(
  db: Kysely<Schema>,
  input: { me: User; title: string; userIds: number[]; history: 'all' | 'joined'; now: number }
): Promise<{
  result: { id: number; conversation: Conversation } | Refused
  committed: CommittedEvent[]
}> {
  const { me, title, history, now } = input
  const meId = Number(me.id)
  if (await ownsTooManyGroups(db, meId))
    return { result: { refused: 'too_many_groups', max: groupsOwnedMax }, committed: [] }
  const { id } = await db
    .insertInto('conversations')
    .values({
      kind: 'group',
      direct_key: null,
      title,
      history,
      last_message_id: null,
      last_position: 0,
      created_at: now
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const people = [meId, ...input.userIds].map((userId) => ({
    conversation_id: id,
    user_id: userId,
    role: userId === meId ? ('owner' as const) : ('member' as const),
    read_up_to: 0,
    joined_at: now
  }))
  for (let i = 0; i < people.length; i += rowsMax) {
    await db
      .insertInto('participants')
      .values(people.slice(i, i + rowsMax))
      .execute()
  }
  await addLine(db, { conversationId: id, by: me, change: { kind: 'conversation_created', title }, now })
  await lockHeads(db, id)
  const mine = await appendCreated(db, id, meId, { only: meId }, now)
  // The others see it alike.
  const other = input.userIds[0]
  const theirs = other === undefined ? [] : await appendCreated(db, id, other, { except: meId }, now)
  const conversation = JSON.parse(mine[0]!.json) as Conversation
  return { result: { id, conversation }, committed: [...mine, ...theirs] }
}

/** Gives a group another title; the same one changes nothing. */
export async function renameConversation(
  db: Kysely<Schema>,
  input: { viewerId: number; conversationId: number; title: string; now: number }
): Promise<{ result: Refused | null; committed: CommittedEvent[] }> {
  const { conversationId, title, now } = input
  const membership = await lockConversation(db, input)
  const refused = groupRefusal(membership, 'rename')
  if (refused) return { result: refused, committed: [] }
  if (membership!.conversation.title === title) return { result: null, committed: [] }
  await db.updateTable('conversations').set({ title }).where('id', '=', conversationId).execute()
  const line = await addLine(db, {
    conversationId,
    by: userOf(membership!.me),
    change: { kind: 'conversation_renamed', title },
    now
  })
  return {
    result: null,
    committed: await appendMessageEvent(db, 'conversation_renamed', line, { conversationId }, now)
  }
}
