import type { Cursor } from '@parley/contract/cursor'

/** A state, and the place in my log that it is true of. */
export type SavedState<State> = { readonly cursor: Cursor; readonly state: State }

/** Where a state outlives a restart: IndexedDB in a browser, a file for a bot. */
export type StateStorage<State> = {
  /** What was saved last; null where nothing was, or where it has another shape than this program's. */
  load(): Promise<SavedState<State> | null>
  /** Saves both in one step: whoever loads finds the old pair or the new one, never a half of each. */
  save(saved: SavedState<State>): Promise<void>
  /** Forgets what was saved. */
  clear(): Promise<void>
}

/** A state that ends with the process. */
export function memoryState<State>(): StateStorage<State> {
  let saved: SavedState<State> | null = null
  return {
    load: () => Promise.resolve(saved),
    async save(next) {
      saved = next
    },
    async clear() {
      saved = null
    }
  }
}
