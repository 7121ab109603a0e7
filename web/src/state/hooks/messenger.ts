import { isSignedOut, reportFault, type Answer, type Client, type SavedState } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import type { AuthUser } from '@parley/contract/people'
import type { LogEvent } from '@parley/contract/events'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { reportTrouble } from '../../lib/trouble.ts'
import type { CommandContext } from './command-context.ts'
import { listedEntries, unreadCount } from '../model/entries.ts'
import { followUp } from './follow-up.ts'
import { groupCommands, type GroupCommands } from './group-commands.ts'
import { hasOlder } from '../model/histories.ts'
import { compareIds } from '../model/ids.ts'
import { keepChanges } from '../kept/keeper.ts'
import { keptOf, restoredState, type KeptState } from '../kept/kept-state.ts'
import { messageCommands, type MessageCommands } from './message-commands.ts'
import { initialState, type Action, type State } from '../model/state.ts'
import { outboxCommands, type OutboxCommands } from './outbox-commands.ts'
import type { OutboxDatabase } from '../kept/outbox-database.ts'
import { untilAnswered } from '../../lib/retries.ts'
import { canCatchUp } from '../model/recent.ts'
import { reduce } from '../model/reducer.ts'
import { signals, type Signals } from './signals.ts'
import { openDrafts, type Drafts } from '../kept/drafts.ts'
import { fetchOpened, fetchSnapshot } from '../sync/snapshot.ts'
import type { StateDatabase } from '../kept/state-database.ts'
import { Tab } from '../sync/tab.ts'

export type MessengerOptions = {
  client: Client
  me: AuthUser
  outbox: OutboxDatabase
  kept: StateDatabase
  /** What `kept` had, to begin with. */
  saved: SavedState<KeptState> | null
  /** Whether the cookie of this browser is still this person's. */
  stillMe: () => boolean
  /** The server does not know the session any more. */
  onSignedOut: () => void
  /** Connects now instead of waiting for the next attempt. */
  onImpatient: () => void
}

/** Everything one signed-in person sees and does in one tab: the state, and the commands that change it. */
export class Messenger {
  readonly store: StoreApi<State>
  readonly #options: MessengerOptions
  readonly #context: CommandContext
  readonly #saver: ReturnType<typeof keepChanges>
  readonly #closed = new AbortController()
  readonly #connected = Promise.withResolvers<void>()
  #tab: Tab | null = null
  /** Conversations on the screen: a fresh start fetches them too. */
  readonly #opened = new Set<string>()
  readonly #underWay = new Map<string, Promise<void>>()
  #snapshots = 0
  readonly groups: GroupCommands
  readonly messages: MessageCommands
  readonly signals: Signals
  readonly outbox: OutboxCommands
  readonly drafts: Drafts

  constructor(options: MessengerOptions) {
    this.#options = options
    const { me, saved, client } = options
    const context: CommandContext = (this.#context = {
      client,
      state: () => this.store.getState(),
      dispatch: (action) => this.#dispatch(action),
      once: (name, run) => this.#once(name, run),
      ask: (ask, signal) => this.#ask(ask, signal)
    })
    this.groups = groupCommands(context)
    this.messages = messageCommands(context)
    this.signals = signals(context, this.#closed.signal)
    this.outbox = outboxCommands(options.outbox, () => this.#outboxChanged())
    this.drafts = openDrafts(me.id, this.#closed.signal)
    this.store = createStore<State>(() => (saved ? restoredState(saved) : initialState(me)))
    this.#saver = keepChanges({
      store: this.store,
      storage: options.kept,
      read: () => this.#toKeep(),
      signal: this.#closed.signal
    })
    this.#listOutbox().catch(reportFault)
  }

  get me(): AuthUser {
    return this.store.getState().me
  }

  /** Whether the server has said that the session is this person's. */
  get connected(): boolean {
    return this.#tab !== null
  }

  /** The session is `me`'s: from now on this tab hears the stream, and sends. Before that it shows what was kept. */
  connect(me: AuthUser): void {
    this.#dispatch({ type: 'me_known', me })
    this.#tab = new Tab({
      ...this.#options,
      me,
      drafts: this.drafts,
      store: this.store,
      dispatch: (action) => this.#dispatch(action),
      takeSnapshot: () => this.#takeSnapshot(),
      apply: (event, cursor) => this.#apply(event, cursor),
      onSignal: this.signals.hear,
      onLead: () => this.#saver.changed(),
      onOutboxChanged: () => {
        this.#listOutbox().catch(reportFault)
      },
      onFailure: (error) => this.#fail(error)
    })
    this.#connected.resolve()
    for (const { id, readHere } of Object.values(this.store.getState().entries))
      if (readHere) this.#tellRead(id, readHere.id).catch(reportFault)
  }

  /** The server cannot be asked who is signed in. */
  noAnswer(): void {
    this.#dispatch({ type: 'stream_changed', stream: 'waiting' })
  }

  close(): void {
    this.#closed.abort()
    this.#tab?.close()
    this.#options.outbox.close()
    this.#options.kept.close()
  }

  /** Starts a direct conversation or finds the existing one; returns its id. Throws what the client throws. */
  async startConversation(username: string): Promise<string> {
    const conversation = await this.#options.client.startConversation(username)
    this.#dispatch({ type: 'conversation_taken', conversation, cursor: null })
    return conversation.id
  }

  /** Up to five usernames that start so. */
  readonly suggestUsernames = (search: string, signal: AbortSignal): Promise<string[]> =>
    this.#options.client.usernames(search, { signal })

  /** Fetches the next page of the list, if there is one. */
  loadMoreConversations(): Promise<void> {
    return this.#once('list', async (signal) => {
      const { entries, listedDownTo } = this.store.getState()
      if (listedDownTo === null) return
      const before = listedEntries(entries, listedDownTo).at(-1)?.id
      const snapshots = this.#snapshots
      const { client } = this.#options
      const { data, cursor } = await this.#ask(() => client.conversations({ before, signal }), signal)
      // The list was replaced in the meantime.
      if (snapshots !== this.#snapshots) return
      this.#dispatch({ type: 'list_page_taken', conversations: data, cursor })
    })
  }

  /**
   * Puts a conversation on the screen: fetches it and its newest messages, and keeps them current. Throws the refusal
   * where it is not mine. Call `closeConversation` when it leaves the screen.
   */
  async openConversation(id: string): Promise<void> {
    this.#opened.add(id)
    if (this.store.getState().histories[id]?.loaded) return
    await this.#once(`open:${id}`, async (signal) => {
      for (;;) {
        const snapshots = this.#snapshots
        this.#dispatch({ type: 'history_opened', conversationId: id })
        const { conversation, messages, cursor } = await fetchOpened(this.#options.client, id, signal)
        // A snapshot taken meanwhile forgot what this history had collected.
        if (snapshots !== this.#snapshots || !canCatchUp(this.store.getState(), cursor)) continue
        this.#dispatch({ type: 'conversation_taken', conversation, cursor })
        return this.#dispatch({ type: 'history_page_taken', conversationId: id, messages, cursor })
      }
    })
  }

  closeConversation(id: string): void {
    this.#opened.delete(id)
  }

  /** Fetches the page above the oldest message, if there is one. */
  loadOlder(conversationId: string): Promise<void> {
    return this.#once(`older:${conversationId}`, async (signal) => {
      const history = this.store.getState().histories[conversationId]
      if (!history || !hasOlder(history)) return
      const before = history.messages[0]?.id
      const { client } = this.#options
      const { data, cursor } = await this.#ask(
        () => client.messages(conversationId, { before, signal }),
        signal
      )
      this.#dispatch({ type: 'history_page_taken', conversationId, messages: data, cursor })
    })
  }

  /** Fetches older pages until a message is here, or there are none. */
  async loadBackTo(conversationId: string, messageId: string): Promise<void> {
    for (;;) {
      const history = this.store.getState().histories[conversationId]
      const oldest = history?.messages[0]
      if (!oldest || !hasOlder(history) || compareIds(oldest.id, messageId) <= 0) return
      await this.loadOlder(conversationId)
    }
  }

  /** I have seen a conversation down to its newest message. */
  async markRead(conversationId: string): Promise<void> {
    const entry = this.store.getState().entries[conversationId]
    if (!entry?.lastMessage || unreadCount(entry) === 0) return
    const { id, position } = entry.lastMessage
    this.#dispatch({ type: 'conversation_read', conversationId, mark: { id, position } })
    await this.#tellRead(conversationId, id)
  }

  /** Tries again now what waits for the network. */
  reconnect(): void {
    if (this.#tab) this.#tab.wake()
    else this.#options.onImpatient()
  }

  /** Whether it could be applied. If not, that is reported, and an event is left out: it would only fail again. */
  #dispatch(action: Action): boolean {
    if (this.#closed.signal.aborted) return true
    try {
      this.store.setState((state) => reduce(state, action), true)
      if (action.type === 'stream_changed') this.signals.streamChanged(action.stream)
      return true
    } catch (error) {
      reportTrouble(error)
      return false
    }
  }

  #apply(event: LogEvent, cursor: Cursor): void {
    if (!this.#dispatch({ type: 'event_arrived', event, cursor })) return this.store.setState({ cursor })
    this.signals.after(event)
    followUp(this.#context, event)
  }

  async #takeSnapshot(): Promise<void> {
    const snapshot = await fetchSnapshot(this.#options.client, this.#opened, this.#closed.signal)
    this.#snapshots++
    if (this.#dispatch({ type: 'snapshot_taken', snapshot })) return
    this.#tab?.close()
    throw new Error('Without a snapshot there is no state that events could be applied to')
  }

  async #tellRead(conversationId: string, upTo: string): Promise<void> {
    const { signal } = this.#closed
    await this.#connected.promise
    const read = () => this.#options.client.readMessages(conversationId, upTo, { signal })
    await untilAnswered(read, signal).catch((error: unknown) => this.#fail(error))
  }

  async #outboxChanged(): Promise<void> {
    this.#tab?.outboxChanged()
    await this.#listOutbox()
  }

  async #listOutbox(): Promise<void> {
    this.#dispatch({ type: 'outbox_listed', items: await this.#options.outbox.list() })
  }

  /** State to keep. Only the leader keeps it, and not after a sign-out. */
  #toKeep(): SavedState<KeptState> | null {
    return this.#tab?.leads && this.#options.stillMe() ? keptOf(this.store.getState()) : null
  }

  /** Repeats a request until its response can be combined with the events since. */
  async #ask<Data>(ask: () => Promise<Answer<Data>>, signal: AbortSignal): Promise<Answer<Data>> {
    for (;;) {
      const answer = await untilAnswered(ask, signal)
      if (canCatchUp(this.store.getState(), answer.cursor)) return answer
    }
  }

  /** Runs a request once it is known whose session it is, or waits for the same one that is under way. */
  #once(name: string, run: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const underWay = this.#underWay.get(name)
    if (underWay) return underWay
    const started = this.#connected.promise
      .then(() => run(this.#closed.signal) as Promise<void>)
      .catch((error: unknown) => {
        this.#fail(error)
        throw error
      })
      .finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, started)
    return started
  }

  #fail(error: unknown): void {
    if (isSignedOut(error) && !this.#closed.signal.aborted) this.#options.onSignedOut()
  }
}
