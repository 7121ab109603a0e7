import { isSignedOut, type Client } from '@parley/client'
import type { User } from '@parley/contract/entities'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { keep, recall } from '../lib/local-store.ts'
import { Messenger } from '../state/messenger.ts'
import { openOutboxDatabase } from '../state/outbox-database.ts'
import { rememberSessionEnd } from '../state/session-life.ts'

export type SessionState =
  | { status: 'starting' }
  | { status: 'unreachable' }
  | { status: 'signed_out' }
  | { status: 'signed_in'; messenger: Messenger }

/** Who is signed in, in this browser: all tabs follow when somebody signs in or out in one of them. */
export class Session {
  readonly store: StoreApi<SessionState> = createStore<SessionState>(() => ({ status: 'starting' }))
  readonly client: Client
  /** Tells the other tabs whose the cookie is now; null after signing out. */
  readonly #channel = new BroadcastChannel('parley:session')
  /** Answers that are not of the newest start are nobody's. */
  #starts = 0

  constructor(client: Client) {
    this.client = client
    this.#channel.onmessage = ({ data: userId }: MessageEvent<string | null>) => {
      if (userId === null) this.#enter({ status: 'signed_out' })
      else if (userId !== this.#me()?.id) void this.start()
    }
  }

  /** Asks the server who is signed in, and shows that. */
  async start(): Promise<void> {
    const start = ++this.#starts
    try {
      const me = await this.client.authUser()
      const outbox = await openOutboxDatabase(`parley:${me.id}`)
      if (start !== this.#starts) return outbox.close()
      keep(userKey, me.id)
      this.#channel.postMessage(me.id)
      const messenger = new Messenger({
        client: this.client,
        me,
        outbox,
        stillMe: () => recall(userKey) === me.id,
        onSignedOut: () => void this.#check(me)
      })
      this.#enter({ status: 'signed_in', messenger })
    } catch (error) {
      if (start !== this.#starts) return
      if (isSignedOut(error)) this.#enter({ status: 'signed_out' })
      else if (this.store.getState().status !== 'signed_in') this.#waitForServer()
    }
  }

  /** Signs in by the development login. Throws what the client throws. */
  async login(username: string): Promise<void> {
    const { authUser, expiresAt } = await this.client.login(username)
    rememberSessionEnd(authUser.id, expiresAt)
    await this.start()
  }

  async signOut(): Promise<void> {
    await this.client.logout().catch((error: unknown) => {
      if (!isSignedOut(error)) throw error
    })
    this.#leave()
  }

  /** A request was refused as nobody's. It may have crossed with a renewal of the session: who is it really? */
  async #check(me: User): Promise<void> {
    if (this.#me() !== me) return
    await this.start()
    if (this.store.getState().status === 'signed_out') this.#leave()
  }

  #leave(): void {
    keep(userKey, '')
    this.#channel.postMessage(null)
    this.#enter({ status: 'signed_out' })
  }

  #waitForServer(): void {
    this.#enter({ status: 'unreachable' })
    setTimeout(() => {
      if (this.store.getState().status === 'unreachable') void this.start()
    }, retryMs)
  }

  #me(): User | null {
    const state = this.store.getState()
    return state.status === 'signed_in' ? state.messenger.store.getState().me : null
  }

  #enter(state: SessionState): void {
    const before = this.store.getState()
    if (before.status === 'signed_in') before.messenger.close()
    this.store.setState(state, true)
  }
}

/** Whose cookie this browser holds, as far as its tabs know. */
const userKey = 'parley:user'
const retryMs = 3_000
