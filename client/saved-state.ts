import type { Cursor } from '@parley/contract/cursor'

/** A state and the log position that it corresponds to. */
export type SavedState<State> = { readonly cursor: Cursor; readonly state: State }

/** Persistent storage for a state: IndexedDB in a browser, a file for a bot. */
export type StateStorage<State> = {
  /** Returns the last saved state; null if there is none, or if its format is not this program's. */
  load(): Promise<SavedState<State> | null>
  /** Saves state and cursor atomically: a later load finds the old pair or the new one. */
  save(saved: SavedState<State>): Promise<void>
  /** Deletes the saved state. */
  clear(): Promise<void>
}

/** Returns a storage that lasts as long as the process. */
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
