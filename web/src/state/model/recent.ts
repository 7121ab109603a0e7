import type { Cursor } from '@parley/contract/cursor'
import type { State, RecentEvent } from './state.ts'

/** Events that are kept to bring late answers up to date. */
const recentMax = 1_000

export function withRecent(recent: State['recent'], event: RecentEvent): State['recent'] {
  return recent.length < recentMax ? [...recent, event] : [...recent.slice(recentMax / 2), event]
}

/** Returns the events of these conversations since `cursor`, which a response at `cursor` may lack. */
export function eventsSince(
  state: State,
  cursor: Cursor | null,
  conversationIds: ReadonlySet<string>
): RecentEvent[] {
  return state.recent.filter(
    (event) =>
      cursor?.epoch === event.cursor.epoch &&
      cursor.seq < event.cursor.seq &&
      conversationIds.has(conversationOf(event))
  )
}

/** Whether an answer that is true of `cursor` can be brought up to date; else it is to be asked for again. */
export function canCatchUp(state: State, cursor: Cursor | null): boolean {
  const now = state.cursor
  if (!cursor || now?.epoch !== cursor.epoch || cursor.seq >= now.seq) return true
  return cursor.seq + 1 >= (state.recent[0]?.cursor.seq ?? now.seq + 1)
}

function conversationOf({ event }: RecentEvent): string {
  return event.name === 'conversation_created'
    ? event.data.id
    : 'conversationId' in event.data
      ? event.data.conversationId
      : ''
}
