import { reportFault } from './failures.ts'
import { systemClock, type Clock } from './clock.ts'
import type { SavedState, StateStorage } from './saved-state.ts'

export type StateSaverOptions<State> = {
  storage: Pick<StateStorage<State>, 'save'>
  /** Returns the current state with its cursor; null while there is nothing to save. */
  read: () => SavedState<State> | null
  /** Maximum delay before a change is saved, ms. Changes in the meantime are saved together. */
  everyMs?: number
  clock?: Clock
}

/**
 * Saves a state at intervals. A crash loses no change: the stream resumes from the saved cursor and replays
 * later events.
 */
export class StateSaver<State> {
  readonly #options: StateSaverOptions<State>
  #dirty = false
  #closed = false
  #saving: Promise<void> | null = null
  #forgetTimer: (() => void) | null = null

  constructor(options: StateSaverOptions<State>) {
    this.#options = options
  }

  /** Call it after the state changed. */
  changed(): void {
    this.#dirty = true
    if (this.#closed || this.#forgetTimer) return
    const { clock = systemClock, everyMs = 1_000 } = this.#options
    this.#forgetTimer = clock.after(everyMs, () => {
      this.flush().catch(reportFault)
    })
  }

  /**
   * Saves pending changes now; call it before the page or process ends. Resolves when they are saved or the
   * save failed.
   */
  async flush(): Promise<void> {
    this.#stopTimer()
    while (this.#saving) await this.#saving
    if (!this.#dirty || this.#closed) return
    const saved = this.#options.read()
    if (!saved) return
    this.#dirty = false
    this.#saving = this.#options.storage
      .save(saved)
      // The previous save remains valid for its own cursor.
      .catch(() => {
        this.#dirty = true
      })
      .finally(() => {
        this.#saving = null
      })
    await this.#saving
  }

  /** Stops saving. */
  close(): void {
    this.#closed = true
    this.#stopTimer()
  }

  #stopTimer(): void {
    this.#forgetTimer?.()
    this.#forgetTimer = null
  }
}
