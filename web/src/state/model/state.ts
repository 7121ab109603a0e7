import type { ChangeItem, OutboxItem, StreamState, Typing } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { Participant, Role } from '@parley/contract/participants'
import type { AuthUser, User } from '@parley/contract/people'
import type { Presence } from '@parley/contract/presence'
import type { LogEvent } from '@parley/contract/events'
import type { PersonalValue } from '@parley/contract/personal-state'

/** A conversation as this person sees it. What is unread follows from the two positions. */
export type Entry = {
  readonly id: string
  readonly kind: Conversation['kind']
  /** Of a group. */
  readonly title: string | null
  /** Of two people. */
  readonly otherParticipant: User | null
  readonly participantCount: number
  /** Mine. */
  readonly role: Role
  readonly lastMessage: Message | null
  /** My read mark as the server has it, a position. */
  readonly readUpTo: number
  /** How far I have read here, while the server has not said that it knows. */
  readonly readHere: ReadMark | null
  /** Positions of unread messages that mention me. */
  readonly unreadMentions: readonly number[]
}

/** A message that was read, and its position. */
export type ReadMark = { readonly id: string; readonly position: number }

/** The newest messages of a conversation, oldest first, without a gap between them. */
export type History = {
  readonly messages: readonly Message[]
  /** Newer messages that arrived first, such as the response to a send; the stream delivers those in between. */
  readonly ahead: readonly Message[]
  /** Whether a page was fetched. Before that the history only collects what arrives meanwhile. */
  readonly loaded: boolean
  /** Whether the oldest of them is the first that I may see. */
  readonly whole: boolean
}

/** Who is in a conversation, in the order in which they came, as far as it was fetched. */
export type Participants = { readonly list: readonly Participant[]; readonly whole: boolean }

/** An event, and its place in my log. */
export type RecentEvent = { readonly event: LogEvent; readonly cursor: Cursor }

export type State = {
  readonly me: AuthUser
  /** The place in my log that this state is true of; null before the first snapshot. */
  readonly cursor: Cursor | null
  readonly entries: Readonly<Record<string, Entry>>
  /** Every conversation whose last message is this one or later is known; null: all of them are. */
  readonly listedDownTo: string | null
  readonly histories: Readonly<Record<string, History>>
  /** Only of the conversations that needed them. */
  readonly participants: Readonly<Record<string, Participants>>
  /** What this person keeps for themselves, by kind and key; deleted values, too. */
  readonly personal: Readonly<Record<string, PersonalValue>>
  /** The latest events, without a gap: a response may be older than they are. */
  readonly recent: readonly RecentEvent[]
  /** What this person did and the server has not acknowledged, in all tabs of the browser. */
  readonly outbox: readonly OutboxItem[]
  /** Changes the server acknowledged before their events arrived. */
  readonly acknowledged: readonly ChangeItem[]
  /** `clientId`s in the outbox whose events arrived before their answers. */
  readonly confirmed: ReadonlySet<string>
  readonly stream: StreamState
  /** Who is writing where; never kept. */
  readonly typing: Typing
  /** Of those I talk with, whether they are here, as far as it is known; never kept. */
  readonly presence: ReadonlyMap<string, Presence>
  /** The last message that arrived live, for announcements. */
  readonly arrived: Message | null
}

/** What a fresh start shows: the first page of conversations, and the newest page of those on the screen. */
export type Snapshot = {
  readonly cursor: Cursor
  readonly conversations: readonly Conversation[]
  /** Null where the server is of the version before and has none. */
  readonly personal: readonly PersonalValue[] | null
  readonly opened: readonly { conversation: Conversation; messages: readonly Message[] }[]
}

export type Action =
  | { type: 'me_known'; me: AuthUser }
  | { type: 'snapshot_taken'; snapshot: Snapshot }
  | { type: 'event_arrived'; event: LogEvent; cursor: Cursor }
  /** What a request answered comes with the place in my log that it is true of at least. */
  | { type: 'list_page_taken'; conversations: readonly Conversation[]; cursor: Cursor | null }
  | { type: 'conversation_taken'; conversation: Conversation; cursor: Cursor | null }
  | { type: 'history_opened'; conversationId: string }
  /** `messages` come newest first, as the server gives them. */
  | {
      type: 'history_page_taken'
      conversationId: string
      messages: readonly Message[]
      cursor: Cursor | null
    }
  /** The page after `after`, a user's id; the first page without. */
  | {
      type: 'participants_taken'
      conversationId: string
      participants: readonly Participant[]
      after: string | null
      cursor: Cursor | null
    }
  | { type: 'personal_taken'; value: PersonalValue }
  | { type: 'personal_listed'; values: readonly PersonalValue[] }
  | { type: 'conversation_read'; conversationId: string; mark: ReadMark }
  | { type: 'outbox_listed'; items: readonly OutboxItem[] }
  /** The server acknowledged an item of the outbox; `message` is its answer, null where it has none. */
  | { type: 'item_acknowledged'; item: OutboxItem; message: Message | null }
  | { type: 'stream_changed'; stream: StreamState }
  | { type: 'awareness_changed'; typing: Typing; presence: State['presence'] }

export function initialState(me: AuthUser): State {
  return {
    me,
    cursor: null,
    entries: {},
    listedDownTo: null,
    histories: {},
    participants: {},
    personal: {},
    recent: [],
    outbox: [],
    acknowledged: [],
    confirmed: new Set(),
    stream: 'connecting',
    typing: new Map(),
    presence: new Map(),
    arrived: null
  }
}
