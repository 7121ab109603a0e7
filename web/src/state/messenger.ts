import { isSignedOut, newOutboxItem, retryItem, type Client } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import type { User } from '@parley/contract/entities'
import type { LogEvent } from '@parley/contract/events'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { listedEntries, unreadCount } from './entries.ts'
import { hasOlder } from './histories.ts'
import { initialState, type Action, type State } from './model.ts'
import type { OutboxDatabase } from './outbox-database.ts'
import { untilAnswered } from './persistence.ts'
import { reduce } from './reducer.ts'
import { fetchOpened, fetchSnapshot } from './snapshot.ts'
import { Tab } from './tab.ts'

export type MessengerOptions = {
  client: Client
  me: User
  outbox: OutboxDatabase
  /** Whether the cookie of this browser is still this person's. */
  stillMe: () => boolean
  /** The server does not know the session any more. */
  onSignedOut: () => void
}

/** Everything one signed-in person sees and does in one tab: the state, and the commands that change it. */
export class Messenger {
  readonly store: StoreApi<State>
  readonly #options: MessengerOptions
  readonly #tab: Tab
  readonly #closed = new AbortController()
  /** Conversations on the screen: a fresh start fetches them too. */
  readonly #opened = new Set<string>()
  readonly #underWay = new Map<string, Promise<void>>()
  #snapshots = 0

  constructor(options: MessengerOptions) {
    this.#options = options
    this.store = createStore<State>(() => initialState(options.me))
    this.#tab = new Tab({
      ...options,
      state: () => this.store.getState(),
      dispatch: (action) => this.#dispatch(action),
      takeSnapshot: () => this.#takeSnapshot(),
      apply: (event, cursor) => this.#apply(event, cursor),
      onFailure: (error) => this.#fail(error)
    })
  }

  close(): void {
    this.#closed.abort()
    this.#tab.close()
    this.#options.outbox.close()
  }

  /** Starts a conversation with somebody, or finds the one there is; gives its id. Throws what the client throws. */
  async startConversation(username: string): Promise<string> {
    const conversation = await this.#options.client.startConversation(username)
    this.#dispatch({ type: 'conversation_taken', conversation })
    return conversation.id
  }

  /** Up to five usernames that start so. */
  suggestUsernames(search: string, signal: AbortSignal): Promise<string[]> {
    return this.#options.client.usernames(search, { signal })
  }

  /** Fetches the next page of the list, if there is one. */
  loadMoreConversations(): Promise<void> {
    return this.#once('list', async (signal) => {
      const { entries, listedDownTo } = this.store.getState()
      if (listedDownTo === null) return
      const before = listedEntries(entries, listedDownTo).at(-1)?.id
      const snapshots = this.#snapshots
      const { client } = this.#options
      const { data } = await untilAnswered(() => client.conversations({ before, signal }), signal)
      // Of a list that is no more.
      if (snapshots !== this.#snapshots) return
      this.#dispatch({ type: 'list_page_taken', conversations: data })
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
        const { conversation, messages } = await fetchOpened(this.#options.client, id, signal)
        // A snapshot taken meanwhile forgot what this history had collected.
        if (snapshots !== this.#snapshots) continue
        this.#dispatch({ type: 'conversation_taken', conversation })
        return this.#dispatch({ type: 'history_page_taken', conversationId: id, messages })
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
      const { data } = await untilAnswered(() => client.messages(conversationId, { before, signal }), signal)
      this.#dispatch({ type: 'history_page_taken', conversationId, messages: data })
    })
  }

  /** I have seen a conversation down to its newest message. */
  async markRead(conversationId: string): Promise<void> {
    const entry = this.store.getState().entries[conversationId]
    if (!entry?.lastMessage || unreadCount(entry) === 0) return
    const { id, position } = entry.lastMessage
    this.#dispatch({ type: 'conversation_read', conversationId, position })
    const { signal } = this.#closed
    const read = () => this.#options.client.readMessages(conversationId, id, { signal })
    await untilAnswered(read, signal).catch((error: unknown) => this.#fail(error))
  }

  /** Puts a message into the outbox. It shows at once, and is sent for as long as it takes. */
  async send(conversationId: string, content: string): Promise<void> {
    await this.#options.outbox.add(newOutboxItem(conversationId, content))
    await this.#tab.outboxChanged()
  }

  /** Offers a refused message to the server again. */
  async retry(clientId: string): Promise<void> {
    await retryItem(this.#options.outbox, clientId)
    await this.#tab.outboxChanged()
  }

  /** Forgets a refused message. */
  async discard(clientId: string): Promise<void> {
    await this.#options.outbox.remove(clientId)
    await this.#tab.outboxChanged()
  }

  /** Tries again now what waits for the network. */
  reconnect(): void {
    this.#tab.wake()
  }

  #dispatch(action: Action): void {
    if (!this.#closed.signal.aborted) this.store.setState((state) => reduce(state, action), true)
  }

  #apply(event: LogEvent, cursor: Cursor): void {
    this.#dispatch({ type: 'event_arrived', event, cursor })
    const { conversationId } = event.data as { conversationId?: string }
    if (conversationId === undefined || this.store.getState().entries[conversationId]) return
    // Too old for the list so far, or new to me.
    void this.#once(`meet:${conversationId}`, async (signal) => {
      const { client } = this.#options
      const { data } = await untilAnswered(() => client.conversation(conversationId, { signal }), signal)
      this.#dispatch({ type: 'conversation_taken', conversation: data })
    }).catch(() => {})
  }

  async #takeSnapshot(): Promise<void> {
    const snapshot = await fetchSnapshot(this.#options.client, this.#opened, this.#closed.signal)
    this.#snapshots++
    this.#dispatch({ type: 'snapshot_taken', snapshot })
  }

  /** Runs a request, or waits for the same one that is under way. */
  #once(name: string, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const underWay = this.#underWay.get(name)
    if (underWay) return underWay
    const started = run(this.#closed.signal)
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
