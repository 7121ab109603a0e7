import type { Cursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Change, Message } from '@parley/contract/messages'
import type { Participant, Role } from '@parley/contract/participants'
import type { User } from '@parley/contract/people'
import type { LogEvent } from '@parley/contract/events'
import type { PersonalValue } from '@parley/contract/personal-state'
import type { Snapshot } from '../../web/src/state/model/state.ts'

const person = (id: string, username: string): User => ({ id, username, avatarURL: null })
export const john = person('1', 'john')
export const jane = person('2', 'jane')
export const joe = person('3', 'joe')
export const jill = person('4', 'jill')

const start = Date.UTC(2026, 0, 31, 12)
const byName = new Map([john, jane, joe, jill].map((user) => [user.username, user.id]))

type Talk = {
  readonly id: string
  title: string | null
  messages: Message[]
  people: Participant[]
  /** The position after which john can read. */
  visibleFrom: number
}

/**
 * A minimal model of what the server stores for john: his conversations and his event log. Conversation 9 is
 * a group that jane owns; the others are direct ones with jane.
 */
export function modelServer() {
  const talks = new Map<string, Talk>()
  /** Events as delivered live. */
  const log: LogEvent[] = []
  /** Location of each event's message, for replays. */
  const places: { conversationId: string; position: number | null }[] = []
  /** John's personal state by key, including tombstones. */
  const drafts = new Map<string, PersonalValue>()
  let lastId = 0

  const at = () => new Date(start + lastId * 1_000).toISOString()
  const has = (talk: Talk | undefined, { id }: User) =>
    talk?.people.some(({ user }) => user.id === id) === true

  function tell(conversationId: string, event: LogEvent, position: number | null = null): void {
    log.push(structuredClone(event))
    places.push({ conversationId, position })
  }

  function talkOf(id: string): Talk {
    const known = talks.get(id)
    if (known) return known
    const group = id === '9'
    const people = group ? [jane, john, joe] : [john, jane]
    const talk: Talk = {
      id,
      title: group ? 'friends' : null,
      messages: [],
      people: people.map((user) => ({
        user,
        role: group && user === jane ? 'owner' : 'member',
        joinedAt: at(),
        readUpTo: 0
      })),
      visibleFrom: 0
    }
    talks.set(id, talk)
    if (group) line(talk, jane, { kind: 'conversation_created', title: talk.title! })
    tell(id, { name: 'conversation_created', data: conversation(id) })
    return talk
  }

  function participant(talk: Talk, { id }: User): Participant {
    return talk.people.find(({ user }) => user.id === id)!
  }

  function append(talk: Talk, from: User, extras: Partial<Message>): Message {
    const message: Message = {
      id: String(++lastId),
      content: '',
      conversationId: talk.id,
      createdAt: at(),
      mine: from === john,
      position: talk.messages.length + 1,
      sender: from,
      ...extras
    }
    talk.messages = [...talk.messages, message]
    participant(talk, from).readUpTo = message.position
    return message
  }

  /** Adds a system message, delivered to john as well if he is a member. */
  function line(talk: Talk, by: User, change: Change, readers = talk.people): void {
    const message = append(talk, by, { content: change.kind, change })
    if (change.kind !== 'conversation_created' && readers.some(({ user }) => user === john))
      tell(talk.id, { name: change.kind, data: message }, message.position)
  }

  function send(conversationId: string, from: User, content = 'hello', clientId?: string): Message | null {
    const talk = talkOf(conversationId)
    if (!has(talk, from)) return null
    const mentions = Array.from(content.matchAll(/@(\w+)/g), ([, name]) => byName.get(name!)).filter(
      (id) => id !== undefined
    )
    const message = append(talk, from, {
      content,
      ...(mentions.length > 0 && { mentions }),
      ...(from === john && clientId !== undefined && { clientId })
    })
    if (has(talk, john))
      tell(talk.id, { name: message.mine ? 'message_sent' : 'message', data: message }, message.position)
    return message
  }

  /** Changes a message in place; returns null if there is nothing to change. */
  function change(conversationId: string, position: number, make: (message: Message) => Message) {
    const talk = talks.get(conversationId)
    const known = talk?.messages[position - 1]
    if (!talk || !known || known.deletedAt || known.change) return null
    const made = make(known)
    talk.messages = talk.messages.with(position - 1, made)
    return { made, seen: has(talk, john) && position > talk.visibleFrom }
  }

  function edit(conversationId: string, position: number, content: string): Message | null {
    const done = change(conversationId, position, (known) => {
      const { mentions: _, ...bare } = known
      const mentions = content.includes('@john') && { mentions: [john.id] }
      return { ...bare, content, ...mentions, version: (known.version ?? 1) + 1, editedAt: at() }
    })
    if (done?.seen) tell(conversationId, { name: 'message_edited', data: done.made }, position)
    return done?.made ?? null
  }

  function remove(conversationId: string, position: number): void {
    const done = change(conversationId, position, (known) => {
      const { reactions: _, mentions: __, ...bare } = known
      return { ...bare, content: '', version: (known.version ?? 1) + 1, deletedAt: at() }
    })
    if (done?.seen) tell(conversationId, { name: 'message_deleted', data: done.made }, position)
  }

  function react(conversationId: string, position: number, by: User, emoji: string, there: boolean): void {
    const talk = talks.get(conversationId)
    const known = talk?.messages[position - 1]
    const isThere = known?.reactions?.find((each) => each.emoji === emoji)?.userIds.includes(by.id) ?? false
    if (!has(talk, by) || isThere === there) return
    const done = change(conversationId, position, (message) => {
      const { reactions = [], ...bare } = message
      const pairs = reactions.flatMap((each) => each.userIds.map((userId) => ({ emoji: each.emoji, userId })))
      const left = pairs.filter((each) => each.emoji !== emoji || each.userId !== by.id)
      if (there) left.push({ emoji, userId: by.id })
      const shown = [...new Set(left.map((each) => each.emoji))].sort().map((each) => ({
        emoji: each,
        userIds: left.filter(({ emoji }) => emoji === each).map(({ userId }) => userId)
      }))
      return shown.length > 0 ? { ...bare, reactions: shown } : bare
    })
    if (!done?.seen) return
    const data = { conversationId, messageId: done.made.id, userId: by.id, emoji }
    tell(conversationId, { name: there ? 'reaction_added' : 'reaction_removed', data }, position)
  }

  function read(conversationId: string, by: User): void {
    const talk = talks.get(conversationId)
    const newest = talk?.messages.at(-1)
    if (!talk || !newest || !has(talk, by) || participant(talk, by).readUpTo === newest.position) return
    const { id: upTo, position } = newest
    participant(talk, by).readUpTo = position
    if (has(talk, john))
      tell(conversationId, { name: 'read', data: { conversationId, userId: by.id, upTo, position } })
  }

  function add(user: User, history: 'all' | 'joined' = 'all'): void {
    const talk = talkOf('9')
    if (has(talk, user)) return
    const position = talk.messages.length
    talk.people = [...talk.people, { user, role: 'member', joinedAt: '', readUpTo: position }]
    const before = talk.people.filter((each) => each.user !== user)
    const participantCount = talk.people.length
    line(talk, jane, { kind: 'participant_added', user, role: 'member', participantCount }, before)
    participant(talk, user).joinedAt = talk.messages.at(-1)!.createdAt
    if (user !== john) return
    talk.visibleFrom = history === 'all' ? 0 : position
    tell('9', { name: 'conversation_created', data: conversation('9') })
  }

  function takeOut(user: User, by: User = jane): void {
    const talk = talkOf('9')
    if (!has(talk, user) || user === jane) return
    const readers = talk.people
    line(talk, by, { kind: 'participant_removed', user, participantCount: readers.length - 1 }, readers)
    talk.people = talk.people.filter((each) => each.user !== user)
  }

  function rename(title: string): void {
    const talk = talkOf('9')
    talk.title = title
    line(talk, jane, { kind: 'conversation_renamed', title })
  }

  function changeRole(user: User, role: Role): void {
    const talk = talkOf('9')
    if (!has(talk, user) || user === jane || participant(talk, user).role === role) return
    participant(talk, user).role = role
    line(talk, jane, { kind: 'role_changed', user, role })
  }

  /** Sets john's draft of a conversation; null deletes it. */
  function draft(key: string, text: string | null): void {
    const version = (drafts.get(key)?.version ?? 0) + 1
    const data = { kind: 'draft' as const, key, version, value: text === null ? null : { text } }
    drafts.set(key, data)
    tell('', { name: 'personal_state_changed', data })
  }

  function isMine(id: string): boolean {
    return has(talks.get(id), john)
  }

  function conversation(id: string): Conversation {
    const talk = talkOf(id)
    const { role, readUpTo } = participant(talk, john)
    const seen = talk.messages.filter(({ position }) => position > talk.visibleFrom)
    const lastMessage = seen.at(-1) ?? null
    const mark = readUpTo ?? 0
    const unread = seen.filter(({ position }) => position > mark)
    return {
      id,
      kind: talk.title === null ? 'direct' : 'group',
      title: talk.title,
      otherParticipant: talk.title === null ? jane : null,
      participantCount: talk.people.length,
      role,
      lastMessage,
      readUpTo: mark,
      unreadCount: unread.length,
      hasUnreadMessages: unread.length > 0,
      unreadMentions: unread
        .filter(({ mine, mentions }) => !mine && mentions?.includes(john.id))
        .map(({ position }) => position)
    }
  }

  /** Returns the newest 25 messages before a position, newest first. */
  function page(conversationId: string, before = Infinity): Message[] {
    const { messages, visibleFrom } = talkOf(conversationId)
    const older = messages.filter(({ position }) => position < before && position > visibleFrom)
    return older.slice(-25).toReversed()
  }

  /** Returns an event as replayed now: with the current text, and `gone` if john may no longer see it. */
  function readAgain(seq: number): LogEvent {
    const logged = log[seq - 1]!
    const { conversationId, position } = places[seq - 1]!
    if (logged.name === 'personal_state_changed') {
      const newest = drafts.get(logged.data.key)!.version === logged.data.version
      return newest ? logged : { name: 'gone', data: {} }
    }
    const talk = talks.get(conversationId)
    if (logged.name === 'participant_removed' && logged.data.change?.user?.id === john.id) return logged
    if (!talk || !has(talk, john) || (position !== null && position <= talk.visibleFrom))
      return { name: 'gone', data: {} }
    return position !== null && 'position' in logged.data
      ? ({ ...logged, data: talk.messages[position - 1] } as LogEvent)
      : logged
  }

  return {
    log,
    send,
    edit,
    remove,
    react,
    read,
    add,
    takeOut,
    rename,
    changeRole,
    draft,
    isMine,
    conversation,
    page,
    readAgain,
    participants: (id: string): Participant[] => structuredClone(talkOf(id).people),
    head: (): Cursor => ({ epoch: 'e', seq: log.length }),
    cursorAt: (seq: number): Cursor => ({ epoch: 'e', seq }),
    /** Returns what a fresh start would fetch now, with these conversations on the screen. */
    snapshot(opened: string[] = []): Snapshot {
      const mine = Array.from(talks.keys()).filter(isMine)
      const all = mine.map(conversation).filter(({ lastMessage }) => lastMessage !== null)
      const shown = opened.filter((id) => !talks.has(id) || isMine(id))
      return structuredClone({
        cursor: { epoch: 'e', seq: log.length },
        conversations: all.sort((a, b) => Number(b.lastMessage!.id) - Number(a.lastMessage!.id)),
        personal: Array.from(drafts.values()).filter(({ value }) => value !== null),
        opened: shown.map((id) => ({ conversation: conversation(id), messages: page(id) }))
      })
    }
  }
}

export type ModelServer = ReturnType<typeof modelServer>
