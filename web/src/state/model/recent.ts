import type { Cursor } from '@parley/contract/cursor'
import type { State, ToldEvent } from './state.ts'

/** Events that are kept to bring late answers up to date. */
const recentMax = 1_000

export function withRecent(recent: State['recent'], told: ToldEvent): State['recent'] {
  return recent.length < recentMax ? [...recent, told] : [...recent.slice(recentMax / 2), told]
}

/** What was told since `cursor` of these conversations, and an answer that is true of `cursor` may not show. */
export function toldSince(
  state: State,
  cursor: Cursor | null,
  conversationIds: ReadonlySet<string>
): ToldEvent[] {
  return state.recent.filter(
    (told) =>
      cursor?.epoch === told.cursor.epoch &&
      cursor.seq < told.cursor.seq &&
      conversationIds.has(conversationOf(told))
  )
}

/** Whether an answer that is true of `cursor` can be brought up to date; else it is to be asked for again. */
export function canCatchUp(state: State, cursor: Cursor | null): boolean {
  const now = state.cursor
  if (!cursor || now?.epoch !== cursor.epoch || cursor.seq >= now.seq) return true
  return cursor.seq + 1 >= (state.recent[0]?.cursor.seq ?? now.seq + 1)
}

function conversationOf({ event }: ToldEvent): string {
  return event.name === 'conversation_created'
    ? event.data.id
    : 'conversationId' in event.data
      ? event.data.conversationId
      : ''
}
