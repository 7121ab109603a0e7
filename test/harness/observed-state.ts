import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { LogEvent, ReactionChange } from '@parley/contract/events'
import type { PersonalValue } from '@parley/contract/personal-state'

/** A conversation as derived from its events alone. */
export type ObservedConversation = {
  conversation: Conversation
  /** By position, from the user's arrival on; the newest `keep` messages. */
  messages: Map<number, Message>
  /** Other members' read positions, as far as events reported them. */
  marks: Map<string, number>
}

/**
 * Derives a user's state from their events; every client's reducer must produce the same. Idempotent:
 * repeated events, or a replay with current messages, give the same state.
 */
export class ObservedState {
  readonly conversations: Map<string, ObservedConversation>
  /** By kind and key, without the deleted ones. */
  readonly personal = new Map<string, PersonalValue>()
  readonly #me: string
  readonly #keep: number

  /** `keep` is the number of messages kept per conversation. */
  constructor(me: string, keep = Infinity, conversations = new Map<string, ObservedConversation>()) {
    this.#me = me
    this.#keep = keep
    this.conversations = conversations
  }

  /** Returns an independent copy, such as a device saves and loads. */
  copy(): ObservedState {
    return new ObservedState(this.#me, this.#keep, structuredClone(this.conversations))
  }

  apply({ name, data }: LogEvent): void {
    if (name === 'gone') return
    if (name === 'personal_state_changed') return this.#setPersonal(data)
    if (name === 'conversation_created') {
      const { lastMessage } = data
      const messages = new Map(lastMessage ? [[lastMessage.position, lastMessage]] : [])
      this.conversations.set(data.id, { conversation: { ...data }, messages, marks: new Map() })
      return
    }
    const observed = this.conversations.get(data.conversationId)
    if (!observed) return
    switch (name) {
      case 'read':
        if (data.userId === this.#me) advanceRead(observed, data.position)
        observed.marks.set(data.userId, Math.max(data.position, observed.marks.get(data.userId) ?? 0))
        return
      case 'message':
      case 'message_sent':
      case 'participant_added':
      case 'participant_removed':
      case 'role_changed':
      case 'conversation_renamed':
        return this.#append(observed, data)
      case 'message_edited':
      case 'message_deleted':
        return change(observed, data, this.#me)
      case 'reaction_added':
      case 'reaction_removed':
        return react(observed, data, name === 'reaction_added')
      default:
        throw new Error(`unexpected event ${name as string}`)
    }
  }

  /** The greater version wins; after a deletion any version does. */
  #setPersonal(value: PersonalValue): void {
    const place = `${value.kind}/${value.key}`
    if (value.version < (this.personal.get(place)?.version ?? 0)) return
    if (value.value === null) this.personal.delete(place)
    else this.personal.set(place, value)
  }

  #append(observed: ObservedConversation, message: Message): void {
    const { position, mine, sender, change } = message
    observed.messages.set(position, message)
    if (observed.messages.size > this.#keep) observed.messages.delete(observed.messages.keys().next().value!)
    observed.conversation = { ...observed.conversation, lastMessage: message }
    observed.marks.set(sender.id, position)
    updateMentions(observed, message, this.#me)
    advanceRead(observed, mine ? position : 0)
    if (!change) return
    const { kind, user, role, title, participantCount } = change
    if (participantCount !== undefined) observed.conversation.participantCount = participantCount
    if (title !== undefined) observed.conversation.title = title
    if (kind === 'participant_added') observed.marks.set(user!.id, position - 1)
    if (kind === 'participant_removed') observed.marks.delete(user!.id)
    if (kind === 'participant_removed' && user!.id === this.#me)
      this.conversations.delete(message.conversationId)
    if (kind !== 'role_changed') return
    if (user!.id === this.#me) observed.conversation.role = role!
    else if (role === 'owner' && mine) observed.conversation.role = 'admin'
  }
}

/** Keeps the greater version of a message. */
function change(observed: ObservedConversation, message: Message, me: string): void {
  const known = observed.messages.get(message.position)
  if (!known || versionOf(known) >= versionOf(message)) return
  observed.messages.set(message.position, message)
  updateMentions(observed, message, me)
  if (observed.conversation.lastMessage?.position !== message.position) return
  observed.conversation = { ...observed.conversation, lastMessage: message }
}

/** Applies the later change of a user's emoji: removes the user, then appends them if it was added. */
function react(
  observed: ObservedConversation,
  { messageId, userId, emoji }: ReactionChange,
  added: boolean
): void {
  const message = observed.messages.values().find(({ id }) => id === messageId)
  if (!message) return
  const { reactions = [], ...rest } = message
  const userIds = reactions.find((each) => each.emoji === emoji)?.userIds.filter((id) => id !== userId) ?? []
  if (added) userIds.push(userId)
  const changed = reactions.filter((each) => each.emoji !== emoji)
  if (userIds.length > 0) changed.push({ emoji, userIds })
  changed.sort((a, b) => (a.emoji < b.emoji ? -1 : 1))
  const after = { ...rest, ...(changed.length > 0 && { reactions: changed }) }
  observed.messages.set(message.position, after)
  if (observed.conversation.lastMessage?.id === messageId) {
    observed.conversation = { ...observed.conversation, lastMessage: after }
  }
}

function versionOf(message: Message): number {
  return message.version ?? 1
}

/** Updates `unreadMentions` for an unread message that mentions the user. */
function updateMentions(observed: ObservedConversation, { position, mentions }: Message, me: string): void {
  const others = observed.conversation.unreadMentions.filter((each) => each !== position)
  const unread = position > observed.conversation.readUpTo && mentions?.includes(me)
  const unreadMentions = unread ? [...others, position].toSorted((a, b) => a - b) : others
  observed.conversation = { ...observed.conversation, unreadMentions }
}

/** Derives the unread counts from the last message and the user's read position. */
function advanceRead(observed: ObservedConversation, position: number): void {
  const { lastMessage, readUpTo: before } = observed.conversation
  const readUpTo = Math.max(before, position)
  const unreadCount = (lastMessage?.position ?? 0) - readUpTo
  const unreadMentions = observed.conversation.unreadMentions.filter((each) => each > readUpTo)
  const hasUnreadMessages = unreadCount > 0
  observed.conversation = {
    ...observed.conversation,
    readUpTo,
    unreadCount,
    unreadMentions,
    hasUnreadMessages
  }
}
