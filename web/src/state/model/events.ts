import type { Message } from '@parley/contract/messages'
import type { LogEvent } from '@parley/contract/events'
import { mergeConversations, withMessage, withRead } from './entries.ts'
import { withChangedMessage, withNewMessage, withReactionChange } from './histories.ts'
import { withoutConversation, withLineAbout } from './membership.ts'
import { withChangedEntry } from './mentions.ts'
import type { State } from './state.ts'
import { withLine, withReceipt } from './participants.ts'
import { withPersonal } from './personal.ts'
import { withoutAcknowledged, withConfirmedReaction } from './pending-changes.ts'

/** The state after an event of the log. */
export function afterEvent(state: State, event: LogEvent): State {
  switch (event.name) {
    case 'message':
      return { ...withSent(state, event.data), arrived: event.data }
    case 'message_sent':
      return withSent(state, event.data)
    case 'message_edited':
    case 'message_deleted':
      return withChanged(state, event.data)
    case 'reaction_added':
    case 'reaction_removed': {
      const there = event.name === 'reaction_added'
      const histories = withReactionChange(state.histories, event.data, there)
      return withConfirmedReaction({ ...state, histories }, event.data, there)
    }
    case 'read':
      return withReader(state, event.data)
    case 'conversation_created':
      return { ...state, entries: mergeConversations(state.entries, [event.data]) }
    case 'participant_removed':
      // My own way out: I see nothing more of it.
      if (event.data.change?.user?.id === state.me.id) return withoutConversation(state, event.data)
      return withTheLine(state, event.data)
    case 'participant_added':
    case 'role_changed':
    case 'conversation_renamed':
      return withTheLine(state, event.data)
    case 'personal_state_changed':
      return { ...state, personal: withPersonal(state.personal, event.data) }
    default:
      // `gone`, and events of newer servers: only their place in the log counts.
      return state
  }
}

/** Applies a new message. Sending marks the conversation read for the sender. */
export function withSent(state: State, message: Message): State {
  const { conversationId, sender, position } = message
  return {
    ...state,
    entries: withMessage(state.entries, message, state.me),
    histories: withNewMessage(state.histories, message),
    participants: withReceipt(state.participants, conversationId, sender.id, position)
  }
}

/** Applies a changed message; its former text is not announced any more. */
export function withChanged(state: State, message: Message): State {
  return {
    ...(message.deletedAt ? withoutAcknowledged(state, message.id) : state),
    arrived: state.arrived?.id === message.id ? null : state.arrived,
    entries: withChangedEntry(state.entries, message, state.me),
    histories: withChangedMessage(state.histories, message)
  }
}

function withTheLine(state: State, line: Message): State {
  const sent = withSent(state, line)
  return {
    ...sent,
    entries: withLineAbout(sent.entries, line, state.me),
    participants: withLine(sent.participants, line)
  }
}

function withReader(
  state: State,
  { conversationId, userId, position }: { conversationId: string; userId: string; position: number }
): State {
  return {
    ...state,
    entries: userId === state.me.id ? withRead(state.entries, conversationId, position) : state.entries,
    participants: withReceipt(state.participants, conversationId, userId, position)
  }
}
