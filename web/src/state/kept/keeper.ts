import { reportFault } from '@parley/client/failures'
import { StateSaver, type SavedState, type StateStorage } from '@parley/client'
import { trouble } from '../../lib/trouble.ts'
import type { StoreApi } from 'zustand/vanilla'
import type { KeptState } from './kept-state.ts'
import type { State } from '../model/state.ts'

export type KeeperOptions = {
  store: StoreApi<State>
  storage: StateStorage<KeptState>
  /** What is to be kept now; null where this tab keeps nothing. */
  read: () => SavedState<KeptState> | null
  signal: AbortSignal
}

/** Keeps a state as it changes, and when the page is left, until `signal` aborts. */
export function keepChanges({ store, storage, read, signal }: KeeperOptions): StateSaver<KeptState> {
  // A state that may be wrong is not kept: a reload starts over from the server's.
  const saver = new StateSaver({ storage, read: () => (trouble.getState().failed ? null : read()) })
  const stopWatching = trouble.subscribe(() => {
    storage.clear().catch(() => {})
  })
  const stop = store.subscribe(({ cursor, entries, histories, participants, personal }, before) => {
    const same =
      cursor === before.cursor &&
      entries === before.entries &&
      histories === before.histories &&
      participants === before.participants &&
      personal === before.personal
    if (!same) saver.changed()
  })
  const flush = () => {
    saver.flush().catch(reportFault)
  }
  addEventListener('pagehide', flush, { signal })
  // The last that a phone tells before it ends a page.
  document.addEventListener('visibilitychange', flush, { signal })
  signal.addEventListener('abort', () => {
    stop()
    stopWatching()
    flush()
    saver.close()
  })
  return saver
}
