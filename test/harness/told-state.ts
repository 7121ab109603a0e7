import type { Conversation, Message } from '@parley/contract/entities'
import type { LogEvent, ReactionChange } from '@parley/contract/events'

/** What somebody knows of a conversation who has only heard its events. */
export type Told = {
  conversation: Conversation
  /** By position, from where they came in; of many the newest. */
  messages: Map<number, Message>
  /** How far others have read, as far as it was told. */
  marks: Map<string, number>
}

/**
 * The state that a person's events give, in a few lines: what every client's reducer comes to. Told twice, or by a
 * replay that shows messages as they are now, it comes to the same.
 */
export class ToldState {
  readonly conversations: Map<string, Told>
  readonly #me: string
  readonly #keep: number

  /** `keep`: so many messages of each conversation are kept. */
  constructor(me: string, keep = Infinity, conversations = new Map<string, Told>()) {
    this.#me = me
    this.#keep = keep
    this.conversations = conversations
  }

  /** The same, to go on by itself: what a device keeps and loads again. */
  copy(): ToldState {
    return new ToldState(this.#me, this.#keep, structuredClone(this.conversations))
  }

  hear({ name, data }: LogEvent): void {
    if (name === 'gone') return
    if (name === 'conversation_created') {
      const { lastMessage } = data
      const messages = new Map(lastMessage ? [[lastMessage.position, lastMessage]] : [])
      this.conversations.set(data.id, { conversation: { ...data }, messages, marks: new Map() })
      return
    }
    const told = this.conversations.get(data.conversationId)
    if (!told) return
    switch (name) {
      case 'read':
        if (data.userId === this.#me) readTo(told, data.position)
        told.marks.set(data.userId, Math.max(data.position, told.marks.get(data.userId) ?? 0))
        return
      case 'message':
      case 'message_sent':
      case 'participant_added':
      case 'participant_removed':
      case 'role_changed':
      case 'conversation_renamed':
        return this.#say(told, data)
      case 'message_edited':
      case 'message_deleted':
        return change(told, data, this.#me)
      case 'reaction_added':
      case 'reaction_removed':
        return react(told, data, name === 'reaction_added')
      default:
        throw new Error(`the told state does not know ${name as string}`)
    }
  }

  #say(told: Told, message: Message): void {
    const { position, mine, sender, change } = message
    told.messages.set(position, message)
    if (told.messages.size > this.#keep) told.messages.delete(told.messages.keys().next().value!)
    told.conversation = { ...told.conversation, lastMessage: message }
    told.marks.set(sender.id, position)
    nameMe(told, message, this.#me)
    readTo(told, mine ? position : 0)
    if (!change) return
    const { kind, user, role, title, participantCount } = change
    if (participantCount !== undefined) told.conversation.participantCount = participantCount
    if (title !== undefined) told.conversation.title = title
    if (kind === 'participant_added') told.marks.set(user!.id, position - 1)
    if (kind === 'participant_removed') told.marks.delete(user!.id)
    if (kind === 'participant_removed' && user!.id === this.#me)
      this.conversations.delete(message.conversationId)
    if (kind !== 'role_changed') return
    if (user!.id === this.#me) told.conversation.role = role!
    else if (role === 'owner' && mine) told.conversation.role = 'admin'
  }
}

/** Of two versions of a message the greater holds. */
function change(told: Told, message: Message, me: string): void {
  const known = told.messages.get(message.position)
  if (!known || versionOf(known) >= versionOf(message)) return
  told.messages.set(message.position, message)
  nameMe(told, message, me)
  if (told.conversation.lastMessage?.position !== message.position) return
  told.conversation = { ...told.conversation, lastMessage: message }
}

/** The later of two about the same person and emoji holds: it is taken away, then added at the end. */
function react(told: Told, { messageId, userId, emoji }: ReactionChange, added: boolean): void {
  const message = told.messages.values().find(({ id }) => id === messageId)
  if (!message) return
  const { reactions = [], ...rest } = message
  const userIds = reactions.find((each) => each.emoji === emoji)?.userIds.filter((id) => id !== userId) ?? []
  if (added) userIds.push(userId)
  const changed = reactions.filter((each) => each.emoji !== emoji)
  if (userIds.length > 0) changed.push({ emoji, userIds })
  changed.sort((a, b) => (a.emoji < b.emoji ? -1 : 1))
  const after = { ...rest, ...(changed.length > 0 && { reactions: changed }) }
  told.messages.set(message.position, after)
  if (told.conversation.lastMessage?.id === messageId) {
    told.conversation = { ...told.conversation, lastMessage: after }
  }
}

function versionOf(message: Message): number {
  return message.version ?? 1
}

/** Whether a message that I have not read names me. */
function nameMe(told: Told, { position, mentions }: Message, me: string): void {
  const others = told.conversation.unreadMentions.filter((each) => each !== position)
  const unread = position > told.conversation.readUpTo && mentions?.includes(me)
  const unreadMentions = unread ? [...others, position].toSorted((a, b) => a - b) : others
  told.conversation = { ...told.conversation, unreadMentions }
}

/** What is unread follows from the last message and my mark. */
function readTo(told: Told, position: number): void {
  const { lastMessage, readUpTo: before } = told.conversation
  const readUpTo = Math.max(before, position)
  const unreadCount = (lastMessage?.position ?? 0) - readUpTo
  const unreadMentions = told.conversation.unreadMentions.filter((each) => each > readUpTo)
  const hasUnreadMessages = unreadCount > 0
  told.conversation = { ...told.conversation, readUpTo, unreadCount, unreadMentions, hasUnreadMessages }
}
