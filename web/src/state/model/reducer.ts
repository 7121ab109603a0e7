import type { Cursor } from '@parley/contract/cursor'
import { freshEntries, listedDownToAfter, mergeConversations, withReadHere } from './entries.ts'
import { openHistory, withPage } from './histories.ts'
import type { Action, Snapshot, State } from './state.ts'
import { withParticipantPage } from './participants.ts'
import { afterSnapshot, withOutbox, withAcknowledged } from './pending-changes.ts'
import { personalOf, withPersonal } from './personal.ts'
import { eventsSince, withRecent } from './recent.ts'
import { afterEvent, withChanged, withSent } from './events.ts'

/** Returns the state after an action. Actions are idempotent. */
export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'me_known':
      return { ...state, me: action.me }
    case 'snapshot_taken':
      return fromSnapshot(state, action.snapshot)
    case 'event_arrived': {
      const { cursor, event } = action
      // A snapshot may be ahead of the stream: its messages are not announced again.
      if (state.cursor?.epoch === cursor.epoch && cursor.seq <= state.cursor.seq) return state
      return { ...afterEvent(state, event), cursor, recent: withRecent(state.recent, { event, cursor }) }
    }
    case 'item_acknowledged': {
      const { item, message } = action
      if (!message) return withAcknowledged(state, item)
      return item.kind === 'send' ? withSent(state, message) : withChanged(state, message)
    }
    case 'list_page_taken': {
      const { conversations, cursor } = action
      const entries = mergeConversations(state.entries, conversations)
      const listedDownTo = listedDownToAfter(conversations)
      return caughtUp({ ...state, entries, listedDownTo }, cursor, ...conversations.map(({ id }) => id))
    }
    case 'conversation_taken': {
      const { conversation, cursor } = action
      // Its age is unknown.
      if (!cursor && state.entries[conversation.id]) return state
      const entries = mergeConversations(state.entries, [conversation])
      return caughtUp({ ...state, entries }, cursor, conversation.id)
    }
    case 'history_opened':
      return { ...state, histories: openHistory(state.histories, action.conversationId) }
    case 'history_page_taken': {
      const { conversationId, messages, cursor } = action
      const histories = withPage(state.histories, conversationId, messages)
      return caughtUp({ ...state, histories }, cursor, conversationId)
    }
    case 'participants_taken': {
      const { conversationId, participants: page, after, cursor } = action
      const participants = withParticipantPage(state.participants, conversationId, page, after)
      return caughtUp({ ...state, participants }, cursor, conversationId)
    }
    case 'personal_taken':
      return { ...state, personal: withPersonal(state.personal, action.value) }
    case 'personal_listed':
      return { ...state, personal: action.values.reduce(withPersonal, state.personal) }
    case 'conversation_read':
      return { ...state, entries: withReadHere(state.entries, action.conversationId, action.mark) }
    case 'outbox_listed':
      return withOutbox(state, action.items)
    case 'stream_changed':
      return state.stream === action.stream ? state : { ...state, stream: action.stream }
    case 'awareness_changed':
      return { ...state, typing: action.typing, presence: action.presence }
    default:
      return action satisfies never
  }
}

/** Applies the events since a response again, because the response lacks them. */
function caughtUp(state: State, cursor: Cursor | null, ...conversationIds: string[]): State {
  const events = eventsSince(state, cursor, new Set(conversationIds))
  return { ...events.reduce((state, { event }) => afterEvent(state, event), state), arrived: state.arrived }
}

/** Replaces all server state by a snapshot; the outbox and local read marks stay. */
function fromSnapshot(state: State, { cursor, conversations, personal, opened }: Snapshot): State {
  const all = [...conversations, ...opened.map(({ conversation }) => conversation)]
  // A history whose first page is loading stays open and starts over.
  const awaited = Object.entries(state.histories).filter(([, { loaded }]) => !loaded)
  let histories: State['histories'] = {}
  for (const [id] of awaited) histories = openHistory(histories, id)
  for (const { conversation, messages } of opened) histories = withPage(histories, conversation.id, messages)
  return {
    ...state,
    cursor,
    entries: freshEntries(state.entries, all),
    listedDownTo: listedDownToAfter(conversations),
    histories,
    participants: {},
    personal: personal ? personalOf(personal) : state.personal,
    recent: [],
    ...afterSnapshot(state.outbox)
  }
}
