import { isSend, type ChangeItem, type OutboxItem } from '@parley/client'
import { isSameEmoji } from '@parley/contract/emoji'
import type { Message, User } from '@parley/contract/entities'
import type { ReactionChange } from '@parley/contract/events'
import { withReaction } from './message-changes.ts'
import type { State } from './model.ts'

/** The changes that show already, of each message: those that wait, and those whose event has not arrived. */
export function pendingChanges({
  outbox,
  taken
}: Pick<State, 'outbox' | 'taken'>): ReadonlyMap<string, readonly ChangeItem[]> {
  const changes = new Map<string, ChangeItem[]>()
  // What was taken came first.
  for (const item of [...taken, ...outbox]) {
    if (isSend(item) || item.problem !== null) continue
    const { messageId } = item
    changes.set(messageId, [...(changes.get(messageId) ?? []), item])
  }
  return changes
}

/** A message as it will be once the server has taken these changes. */
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
      // One that is there in another form is joined, as on the server.
      const there = message.reactions?.find(({ emoji }) => isSameEmoji(emoji, change.emoji))
      const emoji = there?.emoji ?? change.emoji
      return withReaction(message, { userId: me.id, emoji }, change.kind === 'react')
    }
    default:
      return change satisfies never
  }
}

/** The server has a change: it shows until its event arrives, for an answer may overtake the stream. */
export function withTaken(state: State, item: OutboxItem): State {
  const isListed = state.outbox.some(({ clientId }) => clientId === item.clientId)
  // One that is not was taken back meanwhile, or shows in another tab alone.
  if (isSend(item) || item.kind === 'edit' || !isListed) return state
  const { [item.clientId]: toldAlready, ...told } = state.told
  const outbox = state.outbox.filter(({ clientId }) => clientId !== item.clientId)
  if (toldAlready || isShown(state, item)) return { ...state, outbox, told }
  return { ...state, outbox, told, taken: [...state.taken, item] }
}

/** An event says what a change was to bring about: it shows by itself now. */
export function withToldReaction(state: State, change: ReactionChange, there: boolean): State {
  if (change.userId !== state.me.id || state.outbox.length + state.taken.length === 0) return state
  const isTold = (item: OutboxItem) =>
    item.kind === (there ? 'react' : 'unreact') &&
    item.messageId === change.messageId &&
    isSameEmoji(item.emoji, change.emoji)
  const waiting = state.outbox.filter(isTold)
  return {
    ...state,
    taken: state.taken.filter((item) => !isTold(item)),
    // Its answer is still under way.
    told: { ...state.told, ...Object.fromEntries(waiting.map(({ clientId }) => [clientId, true] as const)) }
  }
}

/** A message is deleted: no change of it waits for an event. */
export function withoutTaken(state: State, messageId: string): State {
  const taken = state.taken.filter((item) => item.messageId !== messageId)
  return taken.length === state.taken.length ? state : { ...state, taken }
}

/**
 * No change waits for an event after a snapshot, which shows it or comes before it. A reaction that is under way may be in the
 * snapshot and undone by now, so it does not wait for one either.
 */
export function afterSnapshot(outbox: State['outbox']): Pick<State, 'taken' | 'told'> {
  const reactions = outbox.filter(({ kind }) => kind === 'react' || kind === 'unreact')
  return { taken: [], told: Object.fromEntries(reactions.map(({ clientId }) => [clientId, true] as const)) }
}

/** The outbox as it was listed. */
export function withOutbox(state: State, outbox: readonly OutboxItem[]): State {
  const ids = new Set(outbox.map(({ clientId }) => clientId))
  const told = Object.fromEntries(Object.entries(state.told).filter(([clientId]) => ids.has(clientId)))
  return { ...state, outbox, told }
}

/** Whether the message shows the change without help; so does one that is not here. */
function isShown({ histories, me }: State, item: ChangeItem): boolean {
  const { messages = [], ahead = [] } = histories[item.conversationId] ?? {}
  const message = [...messages, ...ahead].find(({ id }) => id === item.messageId)
  return message === undefined || withChange(message, item, me) === message
}
