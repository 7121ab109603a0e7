import type { Conversation } from './conversations.ts'
import type { Message } from './messages.ts'
import type { Presence } from './presence.ts'
import type { PersonalValue } from './personal-state.ts'
import type { ProblemCode } from './problems.ts'

/**
 * The events of a user's log, by name. Each has an id, `<epoch>-<seq>`, and `seq` has no gap.
 *
 * An event may repeat what a snapshot already has, so reducers are idempotent: an event sets a read mark to a position and never
 * adds to it. Sending marks the conversation read for its sender without an event of its own.
 */
export type LogEvents = {
  /** A message from another user. Sent without an `event:` line, as in the series. */
  message: Message
  /** A message that the log's owner sent, from any device. */
  message_sent: Message
  /** `userId`, who may be the log's owner, has read up to the message `upTo`, at `position`. */
  read: { conversationId: string; userId: string; upTo: string; position: number }
  /** The log's owner is a participant of a new conversation, or was added to one. */
  conversation_created: Conversation
  /** The message after the edit. The greater `version` wins. */
  message_edited: Message
  /** The message's tombstone. */
  message_deleted: Message
  /** The later event about a user, message and emoji wins; a user who adds an emoji comes last in its `userIds`. */
  reaction_added: ReactionChange
  reaction_removed: ReactionChange
  /** Each of these is also a system line in the conversation; its `change` describes it. */
  participant_added: Message
  /** The removed user may be the log's owner, who then sees nothing more of the conversation. */
  participant_removed: Message
  role_changed: Message
  conversation_renamed: Message
  /**
   * A personal value changed on any device of its owner; null deletes it. The greater `version` wins. A value that was replaced
   * since comes as `gone`. A node older than this event sends it without `value`: fetch it then.
   */
  personal_state_changed: PersonalValue
  /** An event that the log's owner may no longer see; it keeps its place in the sequence. */
  gone: Record<string, never>
}

/** An emoji that a user added to a message, or removed from it. */
export type ReactionChange = { conversationId: string; messageId: string; userId: string; emoji: string }

/**
 * Signals have no id and are never stored or delayed. A slow consumer gets only the latest of each key.
 */
export type Signals = {
  /** A user is typing. It expires after `typingSeconds`, or with their message. */
  typing: { conversationId: string; userId: string }
  /** A contact went online or offline. */
  presence: Presence
}

/** Events about the stream itself; the log does not hold them. */
export type StreamEvents = {
  /** The cursor is of another epoch, above the head or below the floor: fetch a new snapshot and resume from this id. */
  reset: { reason: 'epoch' | 'ahead' | 'pruned' | 'gap' }
  /** The head of the log, as `seq`: sent after the replay, then at least every 15 s. */
  sync: { head: number }
  /** The stream was not opened; retry after `retry:`. A final refusal has its own status instead. */
  refused: { code: ProblemCode }
}

export type Signal = { [Name in keyof Signals]: { name: Name; data: Signals[Name] } }[keyof Signals]
export type LogEventName = keyof LogEvents
export type LogEvent = { [Name in LogEventName]: { name: Name; data: LogEvents[Name] } }[LogEventName]
