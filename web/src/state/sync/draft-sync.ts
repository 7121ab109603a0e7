import { isTemporary, reportFault, retryAfterMs, systemClock, type Client } from '@parley/client'
import { personalValueMaxBytes } from '@parley/contract/limits'
import { Problem } from '@parley/contract/problems'
import type { PersonalValue } from '@parley/contract/personal-state'
import type { StoreApi } from 'zustand/vanilla'
import type { Drafts } from '../kept/drafts.ts'
import { fromWire, isEmpty, isSame, merge, toWire } from '../model/draft-merge.ts'
import { personalValue } from '../model/personal.ts'
import type { Action, State } from '../model/state.ts'

export type DraftSyncOptions = {
  client: Pick<Client, 'putPersonalState'>
  drafts: Drafts
  store: Pick<StoreApi<State>, 'getState' | 'subscribe'>
  dispatch: (action: Action) => void
  /** Whether the cookie of this browser is still this person's. */
  stillMe: () => boolean
  signal: AbortSignal
}

/** A draft is saved after a pause of this long, ms. */
const pauseMs = 1_000
/** After a failure it is saved again after this long, unless the server asks for more, ms. */
const retryMs = 5_000

/** Keeps this browser's drafts and the server's the same. The leading tab does, for all. */
export class DraftSync {
  readonly #options: DraftSyncOptions
  /** Cancels the save that is due, by conversation. */
  readonly #due = new Map<string, () => void>()
  readonly #saving = new Set<string>()

  constructor(options: DraftSyncOptions) {
    this.#options = options
    const { drafts, store, signal } = options
    const stop = [
      store.subscribe((state, before) => {
        const changed = state.personal !== before.personal || state.stream !== before.stream
        if (changed && state.stream === 'complete') this.#compareAll(state, before)
      }),
      drafts.observe({
        changed: (id) => this.#saveAfter(id, isEmpty(drafts.read(id).draft) ? 0 : pauseMs)
      })
    ]
    signal.addEventListener('abort', () => {
      for (const each of stop) each()
      for (const cancel of this.#due.values()) cancel()
    })
    const state = store.getState()
    if (state.stream === 'complete') this.#compareAll(state, null)
  }

  /** Saves at once what waits for a pause: the page may be left. */
  flush(): void {
    for (const [id, cancel] of this.#due) {
      cancel()
      this.#save(id).catch(reportFault)
    }
  }

  #compareAll(state: State, before: State | null): void {
    // All of them when the connection is back: what was written meanwhile is not saved yet.
    const all = before?.stream !== 'complete'
    const ids = new Set(all ? this.#options.drafts.list() : [])
    for (const personal of [state.personal, before?.personal ?? {}]) {
      for (const [place, { kind, key }] of Object.entries(personal)) {
        if (kind === 'draft' && (all || state.personal[place] !== before?.personal[place])) ids.add(key)
      }
    }
    for (const id of ids) this.#compare(id)
  }

  /** Brings what the server has into the draft, and saves the draft where it then has something else. */
  #compare(id: string): void {
    if (this.#saving.has(id)) return
    const { drafts, store } = this.#options
    const { draft, base, sent } = drafts.read(id)
    const { version, value } = personalValue(store.getState(), 'draft', id)
    if (version !== base.version) {
      const theirs = fromWire(value)
      // What this browser sent itself is no conflict, although the answer was lost.
      const before = sent && isSame(theirs, sent) ? theirs : base.draft
      drafts.write(id, { draft: merge(draft, before, theirs), base: { version, draft: theirs }, sent: null })
    }
    const now = drafts.read(id)
    const saved = isSame(now.draft, now.base.draft) && now.sent === null
    if (!saved && !this.#due.has(id)) this.#saveAfter(id, 0)
  }

  #saveAfter(id: string, ms: number): void {
    this.#due.get(id)?.()
    const cancel = systemClock.after(ms, () => {
      // Otherwise it is saved when the connection is back.
      if (this.#options.store.getState().stream === 'complete') this.#save(id).catch(reportFault)
      else this.#due.delete(id)
    })
    this.#due.set(id, cancel)
  }

  async #save(id: string): Promise<void> {
    this.#due.delete(id)
    const { client, drafts, store, dispatch, stillMe, signal } = this.#options
    // What is written while it is on its way is saved after it.
    if (this.#saving.has(id) || signal.aborted || !stillMe()) return
    const { draft, base, sent: unanswered } = drafts.read(id)
    // First what may have been taken already: the same write again gets its answer.
    const sent = unanswered ?? draft
    const value = toWire(sent)
    if (isSame(sent, base.draft) || isTooLarge(value)) return
    this.#saving.add(id)
    let retryAfter: number | null = null
    try {
      const put: PersonalValue = { kind: 'draft', key: id, version: base.version, value }
      drafts.write(id, { draft, base, sent })
      const saved = await client.putPersonalState(put, { signal })
      if (signal.aborted) return
      drafts.write(id, { ...drafts.read(id), base: { version: saved.version, draft: sent }, sent: null })
      dispatch({ type: 'personal_taken', value: saved })
    } catch (error) {
      if (signal.aborted) return
      const current = currentIn(error)
      if (current) {
        dispatch({ type: 'personal_taken', value: current })
        // After a restore the server may have less than is known here, until the stream starts over.
        if (personalValue(store.getState(), 'draft', id).version === base.version) retryAfter = retryMs
      } else if (isTemporary(error)) retryAfter = Math.max(retryMs, retryAfterMs(error))
      // Another refusal stays the same until the draft changes: it is kept here.
      else return drafts.write(id, { ...drafts.read(id), sent: null })
    } finally {
      this.#saving.delete(id)
    }
    if (retryAfter === null) this.#compare(id)
    else if (!this.#due.has(id)) this.#saveAfter(id, retryAfter)
  }
}

/** The value that a conflict shows. */
function currentIn(error: unknown): PersonalValue | null {
  if (!(error instanceof Problem) || error.code !== 'version_conflict') return null
  const { current } = error
  return current && 'key' in current ? current : null
}

function isTooLarge(value: unknown): boolean {
  return new TextEncoder().encode(JSON.stringify(value)).length > personalValueMaxBytes
}
