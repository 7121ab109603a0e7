import { StateSaver, type SavedState, type StateStorage } from '@parley/client'
import type { StoreApi } from 'zustand/vanilla'
import type { KeptState } from './kept-state.ts'
import type { State } from './model.ts'

export type KeeperOptions = {
  store: StoreApi<State>
  storage: StateStorage<KeptState>
  /** What is to be kept now; null where this tab keeps nothing. */
  read: () => SavedState<KeptState> | null
  signal: AbortSignal
}

/** Keeps a state as it changes, and when the page is left, until `signal` aborts. */
export function keepChanges({ store, storage, read, signal }: KeeperOptions): StateSaver<KeptState> {
  const saver = new StateSaver({ storage, read })
  const stop = store.subscribe(({ cursor, entries, histories, participants }, before) => {
    const same =
      cursor === before.cursor &&
      entries === before.entries &&
      histories === before.histories &&
      participants === before.participants
    if (!same) saver.changed()
  })
  const flush = () => void saver.flush()
  addEventListener('pagehide', flush, { signal })
  // The last that a phone tells before it ends a page.
  document.addEventListener('visibilitychange', flush, { signal })
  signal.addEventListener('abort', () => {
    stop()
    flush()
    saver.close()
  })
  return saver
}
