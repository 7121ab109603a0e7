import { isSend, type ChangeItem, type OutboxItem } from '@parley/client'
import { isSameEmoji } from '@parley/contract/text/emoji'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import type { ReactionChange } from '@parley/contract/events'
import { withReaction } from './message-changes.ts'
import type { State } from './state.ts'

/** The changes that show on each message although their events have not arrived, by message id. */
export function pendingChanges({
  outbox,
  acknowledged
}: Pick<State, 'outbox' | 'acknowledged'>): ReadonlyMap<string, readonly ChangeItem[]> {
  const changes = new Map<string, ChangeItem[]>()
  // What was acknowledged came first.
  for (const item of [...acknowledged, ...outbox]) {
    if (isSend(item) || item.problem !== null) continue
    const { messageId } = item
    changes.set(messageId, [...(changes.get(messageId) ?? []), item])
  }
  return changes
}

/** A message as it will be once the server has acknowledged these changes. */
export function withChanges(message: Message, changes: readonly ChangeItem[], me: User): Message {
  return changes.reduce((message, change) => withChange(message, change, me), message)
}

function withChange(message: Message, change: ChangeItem, me: User): Message {
  if (message.deletedAt) return message
  switch (change.kind) {
    case 'edit':
      return { ...message, content: change.content, editedAt: change.queuedAt }
    case 'delete': {
      const { replyTo: _, forwardedFrom: __, mentions: ___, reactions: ____, ...bare } = message
      return { ...bare, content: '', deletedAt: change.queuedAt }
    }
    case 'react':
    case 'unreact': {
      // An emoji that differs only in its form is the same, as on the server.
      const there = message.reactions?.find(({ emoji }) => isSameEmoji(emoji, change.emoji))
      const emoji = there?.emoji ?? change.emoji
      return withReaction(message, { userId: me.id, emoji }, change.kind === 'react')
    }
    default:
      return change satisfies never
  }
}

/**
 * The server acknowledged a change: it shows until its event arrives, for an answer may overtake the stream. An edit is
 * not kept, because its answer brings the message.
 */
export function withAcknowledged(state: State, item: OutboxItem): State {
  const isListed = state.outbox.some(({ clientId }) => clientId === item.clientId)
  // One that is not was dropped in the meantime, or shows in another tab alone.
  if (isSend(item) || item.kind === 'edit' || !isListed) return state
  const rest = withOutbox(
    state,
    state.outbox.filter(({ clientId }) => clientId !== item.clientId)
  )
  if (state.confirmed.has(item.clientId) || isShown(state, item)) return rest
  return { ...rest, acknowledged: [...state.acknowledged, item] }
}

/** The event of a reaction arrived: the message shows it from now on, and the change that asked for it does not. */
export function withConfirmedReaction(state: State, change: ReactionChange, there: boolean): State {
  if (change.userId !== state.me.id || state.outbox.length + state.acknowledged.length === 0) return state
  const isConfirmed = (item: OutboxItem) =>
    item.kind === (there ? 'react' : 'unreact') &&
    item.messageId === change.messageId &&
    isSameEmoji(item.emoji, change.emoji)
  return {
    ...state,
    acknowledged: state.acknowledged.filter((item) => !isConfirmed(item)),
    // Its answer is still under way.
    confirmed: new Set([...state.confirmed, ...idsOf(state.outbox.filter(isConfirmed))])
  }
}

/** A message was deleted: none of its changes waits for an event. */
export function withoutAcknowledged(state: State, messageId: string): State {
  const acknowledged = state.acknowledged.filter((item) => item.messageId !== messageId)
  return acknowledged.length === state.acknowledged.length ? state : { ...state, acknowledged }
}

/**
 * After a snapshot no change waits for an event: the snapshot shows it, or its event follows. A reaction that is under
 * way may be in the snapshot and undone by now, so it counts as confirmed.
 */
export function afterSnapshot(outbox: State['outbox']): Pick<State, 'acknowledged' | 'confirmed'> {
  const reactions = outbox.filter(({ kind }) => kind === 'react' || kind === 'unreact')
  return { acknowledged: [], confirmed: new Set(idsOf(reactions)) }
}

/** The outbox as it was listed. */
export function withOutbox(state: State, outbox: readonly OutboxItem[]): State {
  return { ...state, outbox, confirmed: new Set(idsOf(outbox).filter((id) => state.confirmed.has(id))) }
}

function idsOf(items: readonly OutboxItem[]): string[] {
  return items.map(({ clientId }) => clientId)
}

/** Whether the message shows the change without help, once earlier changes have had their events; so does one not loaded. */
function isShown({ histories, acknowledged, me }: State, item: ChangeItem): boolean {
  const { messages = [], ahead = [] } = histories[item.conversationId] ?? {}
  const message = [...messages, ...ahead].find(({ id }) => id === item.messageId)
  if (message === undefined) return true
  const earlier = withChanges(
    message,
    acknowledged.filter(({ messageId }) => messageId === item.messageId),
    me
  )
  return withChange(earlier, item, me) === earlier
}
