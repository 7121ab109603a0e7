import type { Conversation } from './conversations.ts'
import type { Message } from './messages.ts'
import type { Presence } from './presence.ts'
import type { PersonalValue } from './personal-state.ts'
import type { ProblemCode } from './problems.ts'

/**
 * What a user's log holds, by the event's name on the wire. Each has an id, `<epoch>-<seq>`, and `seq` has no gap.
 *
 * An event may repeat what a snapshot already shows, so reducers are idempotent: whoever sends or reads moves a mark
 * to a position, never by an amount. Sending marks the conversation read for its sender without an event of its own.
 */
export type LogEvents = {
  /** Somebody else sent me this. Travels without an `event:` line, as in the series. */
  message: Message
  /** I sent this, from any of my devices. */
  message_sent: Message
  /** `userId` (who may be me) has read up to the message `upTo`, at `position`. */
  read: { conversationId: string; userId: string; upTo: string; position: number }
  /** A conversation with me in it was started, or I was added to it. */
  conversation_created: Conversation
  /** The message as it is now: of two, the one with the greater `version` holds. */
  message_edited: Message
  /** The tombstone in its place. */
  message_deleted: Message
  /** Of two about the same person, message and emoji, the later holds; whoever adds it comes last among its people. */
  reaction_added: ReactionChange
  reaction_removed: ReactionChange
  /** Each of these is a line in the conversation, too: its `change` says what happened. */
  participant_added: Message
  /** I may be the one who left or was removed: then I see nothing of the conversation from here on. */
  participant_removed: Message
  role_changed: Message
  conversation_renamed: Message
  /**
   * A value that I keep for myself changed, on any of my devices; null deletes it. Of two the greater `version` holds. A value
   * that was replaced since comes as `gone`. Sent by a node of a version before this event, it lacks `value`: fetch it.
   */
  personal_state_changed: PersonalValue
  /** An event that I may no longer see keeps its place in the sequence. */
  gone: Record<string, never>
}

/** An emoji that somebody put on a message, or took away. */
export type ReactionChange = { conversationId: string; messageId: string; userId: string; emoji: string }

/**
 * What passes: without an id, never stored, never late. A slow reader misses all but the latest of each key.
 */
export type Signals = {
  /** Somebody is writing; gone by itself after `typingSeconds`, and with their message. */
  typing: { conversationId: string; userId: string }
  /** Somebody I talk with came or went. */
  presence: Presence
}

/** What a stream says about itself; none of it is in the log. */
export type StreamEvents = {
  /** The cursor is of another epoch, above the head or below the floor: take a fresh snapshot, go on from this id. */
  reset: { reason: 'epoch' | 'ahead' | 'pruned' | 'gap' }
  /** The head of my log, as `seq`: after the replay, and then at least every 15 s. */
  sync: { head: number }
  /** The stream was not opened, try again after `retry:`; a refusal that is final has its own status instead. */
  refused: { code: ProblemCode }
}

export type Signal = { [Name in keyof Signals]: { name: Name; data: Signals[Name] } }[keyof Signals]
export type LogEventName = keyof LogEvents
export type LogEvent = { [Name in LogEventName]: { name: Name; data: LogEvents[Name] } }[LogEventName]
