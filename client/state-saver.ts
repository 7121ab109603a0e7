import { reportFault } from './failures.ts'
import { systemClock, type Clock } from './clock.ts'
import type { SavedState, StateStorage } from './saved-state.ts'

export type StateSaverOptions<State> = {
  storage: Pick<StateStorage<State>, 'save'>
  /** The state as it is now, with its cursor; null while there is nothing to save. */
  read: () => SavedState<State> | null
  /** A change is saved after this long at the latest, with all that came meanwhile, ms. */
  everyMs?: number
  clock?: Clock
}

/**
 * Saves a state now and then. What changed since the last save is not lost by a crash: the stream goes on from the
 * cursor that was saved, and tells it again.
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

  /** The state is another than before. */
  changed(): void {
    this.#dirty = true
    if (this.#closed || this.#forgetTimer) return
    const { clock = systemClock, everyMs = 1_000 } = this.#options
    this.#forgetTimer = clock.after(everyMs, () => {
      this.flush().catch(reportFault)
    })
  }

  /** Saves what has changed, now: the page is left, the process ends. Resolves when it is saved, or could not be. */
  async flush(): Promise<void> {
    this.#stopTimer()
    while (this.#saving) await this.#saving
    if (!this.#dirty || this.#closed) return
    const saved = this.#options.read()
    if (!saved) return
    this.#dirty = false
    this.#saving = this.#options.storage
      .save(saved)
      // What was saved before is still true of its own cursor.
      .catch(() => {
        this.#dirty = true
      })
      .finally(() => {
        this.#saving = null
      })
    await this.#saving
  }

  /** Saves no more. */
  close(): void {
    this.#closed = true
    this.#stopTimer()
  }

  #stopTimer(): void {
    this.#forgetTimer?.()
    this.#forgetTimer = null
  }
}
