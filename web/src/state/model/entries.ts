import { pageSize } from '@parley/contract/limits'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { compareIds } from './ids.ts'
import { withMention } from './mentions.ts'
import { newerOf } from './message-changes.ts'
import type { Entry, ReadMark, State } from './state.ts'

type Entries = State['entries']

function entryOf(conversation: Conversation): Entry {
  const { id, kind, title, otherParticipant, participantCount, role, lastMessage, readUpTo } = conversation
  return {
    id,
    kind,
    title,
    otherParticipant,
    participantCount,
    role,
    lastMessage,
    readUpTo,
    readHere: null,
    unreadMentions: conversation.unreadMentions
  }
}

/** Merges conversations from the server. They may be older than the events: read marks only move forward. */
export function mergeConversations(entries: Entries, conversations: readonly Conversation[]): Entries {
  const merged = { ...entries }
  for (const conversation of conversations) {
    const fresh = entryOf(conversation)
    const known = merged[fresh.id]
    merged[fresh.id] = known
      ? {
          ...fresh,
          lastMessage: later(known.lastMessage, fresh.lastMessage),
          ...marks({ ...fresh, readHere: known.readHere }, Math.max(known.readUpTo, fresh.readUpTo))
        }
      : fresh
  }
  return merged
}

/** Replaces all conversations by those of a snapshot; unacknowledged read marks stay. */
export function freshEntries(entries: Entries, conversations: readonly Conversation[]): Entries {
  const fresh = conversations.map((conversation) => {
    const entry = entryOf(conversation)
    const readHere = entries[entry.id]?.readHere ?? null
    return [entry.id, { ...entry, ...marks({ ...entry, readHere }, entry.readUpTo) }] as const
  })
  return Object.fromEntries(fresh)
}

/** Applies a sent message; sending also marks the conversation read for its sender. */
export function withMessage(entries: Entries, message: Message, me: User): Entries {
  const entry = entries[message.conversationId]
  if (!entry) return entries
  const readUpTo = message.mine ? Math.max(entry.readUpTo, message.position) : entry.readUpTo
  const lastMessage = later(entry.lastMessage, message)
  const unreadMentions = withMention(entry, message, me)
  return {
    ...entries,
    [entry.id]: { ...entry, lastMessage, ...marks({ ...entry, unreadMentions }, readUpTo) }
  }
}

/** The server knows that I have read up to a position. */
export function withRead(entries: Entries, conversationId: string, position: number): Entries {
  const entry = entries[conversationId]
  if (!entry || entry.readUpTo >= position) return entries
  return { ...entries, [entry.id]: { ...entry, ...marks(entry, position) } }
}

/** Moves the user's own read mark before the server confirms it in an event. */
export function withReadHere(entries: Entries, conversationId: string, mark: ReadMark): Entries {
  const entry = entries[conversationId]
  if (!entry || readUpTo(entry) >= mark.position) return entries
  return { ...entries, [entry.id]: { ...entry, readHere: mark } }
}

/** How far I have read a conversation, a position. */
export function readUpTo(entry: Entry): number {
  return Math.max(entry.readUpTo, entry.readHere?.position ?? 0)
}

/** What a conversation is called: a group's title, or the other one's name. */
export function nameOf({ title, otherParticipant }: Pick<Entry, 'title' | 'otherParticipant'>): string {
  return title ?? otherParticipant?.username ?? ''
}

/** The positions of messages that mention me and that I have not read. */
export function unreadMentions(entry: Entry): number[] {
  return entry.unreadMentions.filter((position) => position > readUpTo(entry))
}

/** How many messages of a conversation I have not read. */
export function unreadCount(entry: Entry): number {
  return Math.max(0, (entry.lastMessage?.position ?? 0) - readUpTo(entry))
}

/** How many messages I have not read, in the conversations that are known here. */
export function unreadTotal(entries: Entries): number {
  return Object.values(entries).reduce((total, entry) => total + unreadCount(entry), 0)
}

/**
 * The list on the screen: conversations with a message, newest first, as far down as none is missing. Conversations in
 * `outgoing` are always included.
 */
export function listedEntries(
  entries: Entries,
  listedDownTo: string | null,
  outgoing: ReadonlyMap<string, unknown> = new Map()
): Entry[] {
  return Object.values(entries)
    .filter(
      ({ id, lastMessage }) =>
        outgoing.has(id) ||
        (lastMessage !== null && (listedDownTo === null || compareIds(lastMessage.id, listedDownTo) >= 0))
    )
    .sort(newestFirst)
}

/** Orders by last message. A conversation without one was just started and comes first. */
export function newestFirst(a: Entry, b: Entry): number {
  if (!a.lastMessage || !b.lastMessage) return Number(b.lastMessage === null) - Number(a.lastMessage === null)
  return compareIds(b.lastMessage.id, a.lastMessage.id)
}

/** How far down the list is known after a page of it. */
export function listedDownToAfter(page: readonly Conversation[]): string | null {
  return page.length < pageSize ? null : (page.at(-1)?.lastMessage?.id ?? null)
}

/** The marks of an entry once the server's stands at `readUpTo`: one of ours that it has reached is done. */
function marks({ readHere, unreadMentions }: Pick<Entry, 'readHere' | 'unreadMentions'>, readUpTo: number) {
  return {
    readUpTo,
    readHere: readHere && readHere.position > readUpTo ? readHere : null,
    unreadMentions: unreadMentions.filter((position) => position > readUpTo)
  }
}

function later(a: Message | null, b: Message | null): Message | null {
  if (!a || !b) return a ?? b
  if (a.position === b.position) return newerOf(a, b)
  return b.position > a.position ? b : a
}
