import { emojiOf } from '@parley/contract/text/emoji'
import type { Reaction } from '@parley/contract/messages'
import type { LogEvent } from '@parley/contract/events'
import { reactionsMax } from '@parley/contract/limits'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { bodyOf } from './rows.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { appendEvent } from '../event-log/append-procedures.ts'
import type { Refused } from '../platform/storage/refusals.ts'
import { bodyText, lockMessage } from './change-procedures.ts'

type Input = { viewerId: number; conversationId: number; messageId: number; emoji: string; now: number }
type Outcome = Promise<{ result: Refused | null; committed: CommittedEvent[] }>

/** Puts an emoji of the viewer's on a message. One that is there already stays. */
export function addReaction(db: Kysely<Schema>, input: Input): Outcome {
  return change(db, input, 'reaction_added', (reactions, emoji, userId) => {
    const others = reactions.filter((each) => each.emoji !== emoji)
    const userIds = reactions.find((each) => each.emoji === emoji)?.userIds ?? []
    if (userIds.includes(userId)) return null
    if (others.length >= reactionsMax) return { refused: 'too_many_reactions', max: reactionsMax }
    return [...others, { emoji, userIds: [...userIds, userId] }]
  })
}

/** Takes the viewer's emoji off a message, where it is. */
export function removeReaction(db: Kysely<Schema>, input: Input): Outcome {
  return change(db, input, 'reaction_removed', (reactions, emoji, userId) => {
    const found = reactions.find((each) => each.emoji === emoji)
    if (!found?.userIds.includes(userId)) return null
    const userIds = found.userIds.filter((each) => each !== userId)
    const others = reactions.filter((each) => each !== found)
    return userIds.length > 0 ? [...others, { emoji, userIds }] : others
  })
}

/** `change` gives the reactions after it, or null where nothing changes. */
async function change(
  db: Kysely<Schema>,
  input: Input,
  name: 'reaction_added' | 'reaction_removed',
  change: (reactions: Reaction[], emoji: string, userId: string) => Reaction[] | Refused | null
): Outcome {
  const { viewerId, conversationId, messageId, now } = input
  const found = await lockMessage(db, input)
  if ('refused' in found) return { result: found, committed: [] }
  const { row } = found
  if (row.deleted_at !== null) return { result: { refused: 'message_deleted' }, committed: [] }
  const { reactions = [], ...body } = row.body === null ? {} : bodyOf(row.body)
  // One that is stored in another form of the emoji is the same reaction, and keeps its form.
  const emoji = reactions.find((each) => emojiOf(each.emoji) === input.emoji)?.emoji ?? input.emoji
  const changed = change(reactions, emoji, String(viewerId))
  if (changed === null || 'refused' in changed) return { result: changed, committed: [] }
  const inOrder = changed.toSorted((a, b) => (a.emoji < b.emoji ? -1 : 1))
  await db
    .updateTable('messages')
    .set({ body: bodyText({ ...body, ...(inOrder.length > 0 && { reactions: inOrder }) }) })
    .where('id', '=', messageId)
    .execute()
  const data = {
    conversationId: String(conversationId),
    messageId: String(messageId),
    userId: String(viewerId),
    emoji
  }
  const event: LogEvent = { name, data }
  const to = { conversationId, position: row.position }
  return { result: null, committed: await appendEvent(db, event, { messageId }, to, now) }
}
