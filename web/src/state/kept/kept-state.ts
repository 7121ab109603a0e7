import type { SavedState } from '@parley/client'
import { receiptsMax } from '@parley/contract/limits'
import { listedEntries, newestFirst } from '../model/entries.ts'
import { initialState, type Entry, type History, type State } from '../model/state.ts'

/** What this browser keeps of a state, so that the next page shows it at once, also without a network. */
export type KeptState = Pick<
  State,
  'me' | 'entries' | 'listedDownTo' | 'histories' | 'participants' | 'personal'
>

/** The shape of what is kept. A change of `KeptState` takes the next number: what an older Parley kept is dropped. */
export const keptVersion = 4

const conversationsMax = 50
const messagesMax = 100
/** Maximum of conversations with receipts whose participants are kept; each change writes them again. */
const peopledMax = 10

/** The newest of a state, and its cursor; null before the first snapshot. */
export function keptOf(state: State): SavedState<KeptState> | null {
  const { me, cursor } = state
  if (!cursor) return null
  const all = listedEntries(state.entries, state.listedDownTo)
  const listed = all.slice(0, conversationsMax)
  const listedDownTo =
    all.length > listed.length ? (listed.at(-1)?.lastMessage?.id ?? null) : state.listedDownTo
  // The conversations that were opened, whether they stand that high in the list or not.
  const opened = Object.values(state.entries)
    .filter(({ id }) => state.histories[id]?.loaded)
    .sort(newestFirst)
    .slice(0, conversationsMax)
  // Keep read marks that are not acknowledged yet.
  const read = Object.values(state.entries).filter(({ readHere }) => readHere !== null)
  return {
    cursor,
    state: {
      me,
      entries: Object.fromEntries([...listed, ...opened, ...read].map((entry) => [entry.id, entry])),
      listedDownTo,
      histories: Object.fromEntries(opened.map(({ id }) => [id, newestOf(state.histories[id]!)])),
      participants: participantsOf(state, opened),
      personal: state.personal
    }
  }
}

/** The state of a page that begins with what was kept: true of its cursor, not yet live. */
export function restoredState({ cursor, state }: SavedState<KeptState>): State {
  return { ...initialState(state.me), ...state, cursor }
}

function participantsOf({ participants }: State, opened: readonly Entry[]): State['participants'] {
  const few = opened.filter(({ id }) => (participants[id]?.list.length ?? receiptsMax + 1) <= receiptsMax)
  return Object.fromEntries(few.slice(0, peopledMax).map(({ id }) => [id, participants[id]!]))
}

const cut = new WeakMap<History, History>()

/** The newest messages of a history; the same object for the same history, so that what did not change is not written. */
function newestOf(history: History): History {
  if (history.messages.length <= messagesMax) return history
  const known = cut.get(history)
  if (known) return known
  const newest = { ...history, messages: history.messages.slice(-messagesMax), whole: false }
  cut.set(history, newest)
  return newest
}
