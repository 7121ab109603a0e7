import type { OutboxItem, StreamState } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import type { Conversation, Message, User } from '@parley/contract/entities'
import type { LogEvent } from '@parley/contract/events'

/** A conversation as this person sees it. What is unread follows from the two positions. */
export type Entry = {
  readonly id: string
  /** The title of a group; else the name of the other one. */
  readonly name: string
  readonly avatarURL: string | null
  readonly lastMessage: Message | null
  /** My read mark as the server has it, a position. */
  readonly readUpTo: number
  /** How far I have read here, while the server has not said that it knows. */
  readonly readHere: ReadMark | null
}

/** A message that was read, and its position. */
export type ReadMark = { readonly id: string; readonly position: number }

/** The newest messages of a conversation, oldest first, without a gap between them. */
export type History = {
  readonly messages: readonly Message[]
  /** Newer ones that were heard of first, as the answer to a send: the stream brings what is between. */
  readonly ahead: readonly Message[]
  /** Whether a page was fetched. Before that the history only collects what arrives meanwhile. */
  readonly loaded: boolean
}

export type State = {
  readonly me: User
  /** The place in my log that this state is true of; null before the first snapshot. */
  readonly cursor: Cursor | null
  readonly entries: Readonly<Record<string, Entry>>
  /** Every conversation whose last message is this one or later is known; null: all of them are. */
  readonly listedDownTo: string | null
  readonly histories: Readonly<Record<string, History>>
  readonly outbox: readonly OutboxItem[]
  readonly stream: StreamState
  /** The last message that arrived live, to be told to those who do not see it. */
  readonly arrived: Message | null
}

/** What a fresh start shows: the first page of conversations, and the newest page of those on the screen. */
export type Snapshot = {
  readonly cursor: Cursor
  readonly conversations: readonly Conversation[]
  readonly opened: readonly { conversation: Conversation; messages: readonly Message[] }[]
}

export type Action =
  | { type: 'me_known'; me: User }
  | { type: 'snapshot_taken'; snapshot: Snapshot }
  | { type: 'event_arrived'; event: LogEvent; cursor: Cursor }
  | { type: 'message_sent'; message: Message }
  | { type: 'list_page_taken'; conversations: readonly Conversation[] }
  | { type: 'conversation_taken'; conversation: Conversation }
  | { type: 'history_opened'; conversationId: string }
  /** `messages` come newest first, as the server gives them. */
  | { type: 'history_page_taken'; conversationId: string; messages: readonly Message[] }
  | { type: 'conversation_read'; conversationId: string; mark: ReadMark }
  | { type: 'outbox_listed'; items: readonly OutboxItem[] }
  | { type: 'stream_changed'; stream: StreamState }

export function initialState(me: User): State {
  return {
    me,
    cursor: null,
    entries: {},
    listedDownTo: null,
    histories: {},
    outbox: [],
    stream: 'connecting',
    arrived: null
  }
}
