import type { Message } from '@parley/contract/entities'
import type { LogEvent } from '@parley/contract/events'
import {
  freshEntries,
  listedDownToAfter,
  mergeConversations,
  withMessage,
  withRead,
  withReadHere
} from './entries.ts'
import { openHistory, withNewMessage, withPage } from './histories.ts'
import type { Action, Snapshot, State } from './model.ts'

/** The state after an action. Nothing here is harmed by being told twice. */
export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'me_known':
      return { ...state, me: action.me }
    case 'snapshot_taken':
      return fromSnapshot(state, action.snapshot)
    case 'event_arrived': {
      const { cursor, event } = action
      // A snapshot may be ahead of the stream: what it shows already is not told again.
      if (state.cursor?.epoch === cursor.epoch && cursor.seq <= state.cursor.seq) return state
      return { ...afterEvent(state, event), cursor }
    }
    case 'message_sent':
      return withSent(state, action.message)
    case 'list_page_taken':
      return {
        ...state,
        entries: mergeConversations(state.entries, action.conversations),
        listedDownTo: listedDownToAfter(action.conversations)
      }
    case 'conversation_taken':
      return { ...state, entries: mergeConversations(state.entries, [action.conversation]) }
    case 'history_opened':
      return { ...state, histories: openHistory(state.histories, action.conversationId) }
    case 'history_page_taken':
      return { ...state, histories: withPage(state.histories, action.conversationId, action.messages) }
    case 'conversation_read':
      return { ...state, entries: withReadHere(state.entries, action.conversationId, action.mark) }
    case 'outbox_listed':
      return { ...state, outbox: action.items }
    case 'stream_changed':
      return state.stream === action.stream ? state : { ...state, stream: action.stream }
    default:
      return action satisfies never
  }
}

/** Everything the server told is taken afresh; what is only ours, the outbox and what was read, stays. */
function fromSnapshot(state: State, { cursor, conversations, opened }: Snapshot): State {
  const all = [...conversations, ...opened.map(({ conversation }) => conversation)]
  // A history whose first page is on its way stays open, and collects anew.
  const awaited = Object.entries(state.histories).filter(([, { loaded }]) => !loaded)
  let histories: State['histories'] = {}
  for (const [id] of awaited) histories = openHistory(histories, id)
  for (const { conversation, messages } of opened) histories = withPage(histories, conversation.id, messages)
  return {
    ...state,
    cursor,
    entries: freshEntries(state.entries, all),
    listedDownTo: listedDownToAfter(conversations),
    histories
  }
}

function afterEvent(state: State, event: LogEvent): State {
  switch (event.name) {
    case 'message':
      return {
        ...state,
        entries: withMessage(state.entries, event.data),
        histories: withNewMessage(state.histories, event.data),
        arrived: event.data
      }
    case 'message_sent':
      return withSent(state, event.data)
    case 'read': {
      const { conversationId, userId, position } = event.data
      if (userId !== state.me.id) return state
      return { ...state, entries: withRead(state.entries, conversationId, position) }
    }
    case 'conversation_created':
      return { ...state, entries: mergeConversations(state.entries, [event.data]) }
    default:
      // `gone`, and what a newer server knows: its place in the log is all there is to it here.
      return state
  }
}

function withSent(state: State, message: Message): State {
  return {
    ...state,
    entries: withMessage(state.entries, message),
    histories: withNewMessage(state.histories, message)
  }
}
