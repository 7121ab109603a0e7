import type { Client } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import type { User } from '@parley/contract/people'
import type { LogEvent, Signal } from '@parley/contract/events'
import type { StoreApi } from 'zustand/vanilla'
import type { Drafts } from '../kept/drafts.ts'
import { DraftSync } from './draft-sync.ts'
import { Feed } from './feed.ts'
import { Leader } from './leader.ts'
import { Leadership } from './leadership.ts'
import type { Action, State } from '../model/state.ts'
import type { OutboxDatabase } from '../kept/outbox-database.ts'
import { keepSessionAlive } from './session-life.ts'
import { openTabChannel, type TabChannel, type TabMessage } from './tab-channel.ts'

export type TabOptions = {
  client: Client
  me: User
  outbox: OutboxDatabase
  drafts: Drafts
  store: Pick<StoreApi<State>, 'getState' | 'subscribe'>
  dispatch: (action: Action) => void
  /** Fetches a snapshot and puts it in place. */
  takeSnapshot: () => Promise<void>
  apply: (event: LogEvent, cursor: Cursor) => void
  onSignal: (signal: Signal) => void
  /** This tab leads from now on. */
  onLead: () => void
  /** The outbox is another than before. */
  onOutboxChanged: () => void
  /** Whether the cookie of this browser is still this person's. */
  stillMe: () => boolean
  onFailure: (error: unknown) => void
  onSignedOut: () => void
}

/** How long a leader may take to answer before another tab takes its place, ms. */
const leaderSilenceMs = 3_000
/** How often a visible tab asks whether the leader still responds, ms. */
const askEveryMs = 10_000

/** This tab among the others of the same person: one of them leads, and what it hears all hear. */
export class Tab {
  readonly #options: TabOptions
  readonly #channel: TabChannel
  readonly #feed: Feed
  readonly #leadership: Leadership
  readonly #closed = new AbortController()
  #leader: Leader | null = null
  #draftSync: DraftSync | null = null
  #leaderSpokeAt = 0

  constructor(options: TabOptions) {
    const { me } = options
    this.#options = options
    // Tabs of Parley 0.1 have a leader of their own: they know another outbox.
    const name = `parley:${me.id}:tabs`
    // Events are kept from here on, so a snapshot that is taken next misses none of them.
    this.#channel = openTabChannel(name, (message) => this.#hear(message))
    this.#feed = new Feed({
      cursor: () => options.store.getState().cursor,
      takeSnapshot: options.takeSnapshot,
      apply: options.apply
    })
    // The stream resumes from the state that this browser kept.
    const ready = options.store.getState().cursor ? Promise.resolve() : this.#feed.startOver()
    ready.catch(options.onFailure)
    this.#leadership = new Leadership({
      name,
      locks: navigator.locks,
      onElected: (signal) => {
        ready.then(() => this.#lead(signal)).catch(() => {})
      }
    })
    this.#channel.post({ kind: 'hello' })
    const { signal } = this.#closed
    document.addEventListener('visibilitychange', () => this.#lookUp(), { signal })
    addEventListener('pageshow', () => this.#lookUp(), { signal })
    addEventListener('online', () => this.wake(), { signal })
    addEventListener('pagehide', () => this.#leaveDrafts(), { signal })
    const stop = options.drafts.observe({ left: () => this.#leaveDrafts() })
    signal.addEventListener('abort', stop)
    const asking = setInterval(() => this.#askLeader(), askEveryMs)
    signal.addEventListener('abort', () => clearInterval(asking))
    this.#lookUp()
  }

  close(): void {
    this.#closed.abort()
    this.#leadership.close()
    this.#channel.close()
  }

  get leads(): boolean {
    return this.#leader !== null
  }

  /** This tab has changed the outbox: the others show it, and it is sent. */
  outboxChanged(): void {
    this.#channel.post({ kind: 'outbox_changed' })
    this.#leader?.look()
  }

  /** Tries again now what waits for the network. */
  wake(): void {
    if (this.#leader) this.#leader.wake()
    else this.#channel.post({ kind: 'wake' })
  }

  #lead(signal: AbortSignal): void {
    if (signal.aborted) return
    const { client, me, outbox, drafts, store, dispatch, stillMe, onSignedOut } = this.#options
    const leader = new Leader({
      client,
      storage: outbox,
      cursor: store.getState().cursor,
      stillMe,
      onEvent: (event, cursor) => {
        this.#channel.post({ kind: 'event', event, cursor })
        this.#feed.take(event, cursor)
      },
      onSignal: (signal) => {
        this.#channel.post({ kind: 'signal', signal })
        this.#options.onSignal(signal)
      },
      onReset: async () => {
        this.#channel.post({ kind: 'reset' })
        await this.#feed.startOver()
        return store.getState().cursor!
      },
      onState: () => this.#tellStream(),
      onSent: (item, message) => {
        this.#channel.post({ kind: 'item_acknowledged', item, message })
        dispatch({ type: 'item_acknowledged', item, message })
      },
      onOutboxChanged: () => {
        this.#channel.post({ kind: 'outbox_changed' })
        this.#options.onOutboxChanged()
      },
      onSignedOut
    })
    this.#leader = leader
    this.#options.onLead()
    this.#tellStream()
    signal.addEventListener('abort', () => {
      // First: the end of this tab's stream is not the end of the next leader's.
      this.#leader = null
      leader.close()
    })
    const sync = new DraftSync({ client, drafts, store, dispatch, stillMe, signal })
    signal.addEventListener('abort', () => (this.#draftSync = null))
    this.#draftSync = sync
    keepSessionAlive(client, me.id, signal)
  }

  #tellStream(): void {
    if (!this.#leader) return
    const { state: stream, cursor } = this.#leader.stream
    this.#channel.post({ kind: 'stream', stream, cursor })
    this.#options.dispatch({ type: 'stream_changed', stream })
  }

  #hear(message: TabMessage): void {
    switch (message.kind) {
      case 'event':
        return this.#feed.take(message.event, message.cursor)
      case 'signal':
        return this.#options.onSignal(message.signal)
      case 'reset':
        return this.#startOver()
      case 'stream':
        // A leader that was replaced while it did not respond, and does not know it yet.
        if (this.#leader) return undefined
        this.#leaderSpokeAt = performance.now()
        this.#options.dispatch({ type: 'stream_changed', stream: message.stream })
        return this.#compare(message.cursor)
      case 'hello':
        return this.#tellStream()
      case 'wake':
        return this.#leader?.wake()
      case 'draft_left':
        return this.#draftSync?.flush()
      case 'outbox_changed':
        this.#leader?.look()
        return this.#options.onOutboxChanged()
      case 'item_acknowledged':
        return this.#options.dispatch({ type: message.kind, item: message.item, message: message.message })
    }
  }

  /** The leader's cursor: a tab that slept may have missed events. */
  #compare(leaderAt: Cursor | null): void {
    const mine = this.#options.store.getState().cursor
    if (!leaderAt || !mine || (mine.epoch === leaderAt.epoch && mine.seq >= leaderAt.seq)) return
    this.#startOver()
  }

  /** Saves what was written: this tab, or the one that leads. */
  #leaveDrafts(): void {
    if (this.#draftSync) this.#draftSync.flush()
    else this.#channel.post({ kind: 'draft_left' })
  }

  /** A person looks at this tab again: its leader does not wait for a retry any longer. */
  #lookUp(): void {
    if (document.visibilityState === 'hidden') this.#leaveDrafts()
    else if (this.#leader) this.#leader.wake()
    else this.#askLeader()
  }

  /** Asks the leading tab whether it still responds, and takes its place if not. Only a visible tab does. */
  #askLeader(): void {
    if (this.#leader || document.visibilityState !== 'visible') return
    const askedAt = performance.now()
    this.#channel.post({ kind: 'hello' })
    setTimeout(() => {
      if (this.#closed.signal.aborted || this.#leadership.leads || this.#leaderSpokeAt >= askedAt) return
      // The system may have put the leader to sleep, with its lock in its hands.
      if (document.visibilityState === 'visible') this.#leadership.takeOver()
    }, leaderSilenceMs)
  }

  #startOver(): void {
    this.#feed.startOver().catch(this.#options.onFailure)
  }
}
