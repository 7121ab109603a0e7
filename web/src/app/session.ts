import { reportFault } from '@parley/client/failures'
import { isSignedOut, isTemporary, type Client, type SavedState } from '@parley/client'
import type { User } from '@parley/contract/people'
import type { LoginMethods } from '@parley/contract/sign-in'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { keep, recall } from '../lib/local-store.ts'
import type { KeptState } from '../state/kept/kept-state.ts'
import { Messenger } from '../state/hooks/messenger.ts'
import { openOutboxDatabase } from '../state/kept/outbox-database.ts'
import { deletePersonData } from '../state/kept/person-data.ts'
import { isSessionOver, rememberSessionEnd } from '../state/sync/session-life.ts'
import { forgetState, openStateDatabase, type StateDatabase } from '../state/kept/state-database.ts'

export type SessionState =
  | { status: 'starting' }
  | { status: 'unreachable' }
  /** `expired`: the session ended although the person did not sign out. */
  | { status: 'signed_out'; expired: boolean }
  | { status: 'signed_in'; messenger: Messenger }

/** The browser's session; all tabs follow a sign-in or sign-out in one of them. */
export class Session {
  readonly store: StoreApi<SessionState> = createStore<SessionState>(() => ({ status: 'starting' }))
  readonly client: Client
  /** Tells the other tabs whose the cookie is now; null once there is no session. */
  readonly #channel = new BroadcastChannel('parley:session')
  /** Responses of earlier starts are ignored. */
  #starts = 0
  /** The request that ends a signed-out session at the server. */
  #ending: Promise<void> | null = null

  constructor(client: Client) {
    this.client = client
    this.#channel.onmessage = ({ data: userId }: MessageEvent<string | null>) => {
      if (userId === null) this.#showSignedOut()
      else if (userId !== this.#messenger?.me.id) this.start().catch(reportFault)
    }
    addEventListener('online', () => {
      const { status } = this.store.getState()
      if (status === 'unreachable' || this.#messenger?.connected === false) this.start().catch(reportFault)
    })
    // A tab that was frozen has missed what the others announced.
    addEventListener('pageshow', () => this.#compare())
    document.addEventListener('visibilitychange', () => this.#compare())
  }

  /** Shows what this browser has kept, asks the server who is signed in, and shows that. */
  async start(): Promise<void> {
    const start = ++this.#starts
    // The cookie is that of a newer sign-in.
    if (location.pathname === '/callback') keep(signOutKey, '')
    // Signed out here, but not yet at the server: until then the cookie is ignored.
    if (recall(signOutKey) !== null) {
      this.#showSignedOut()
      return this.#endAtServer().catch(() => {})
    }
    const asked = this.client.authUser()
    asked.catch(() => {})
    await this.#showKept(start)
    try {
      const me = await asked
      if (start !== this.#starts) return
      const shown = this.#messenger
      const messenger = shown?.connected === false && shown.me.id === me.id ? shown : await this.#open(me)
      if (start !== this.#starts) return messenger === shown ? undefined : messenger.close()
      // Another tab signed out while the server was answering.
      if (recall(signOutKey) !== null) return this.#showSignedOut()
      const before = recall(userKey)
      if (before !== null && before !== me.id) forgetState(before).catch(reportFault)
      keep(userKey, me.id)
      this.#channel.postMessage(me.id)
      messenger.connect(me)
      this.#show({ status: 'signed_in', messenger })
    } catch (error) {
      if (start !== this.#starts) return
      if (isSignedOut(error)) this.#showSignedOut()
      else this.#waitForServer(start)
    }
  }

  /** Signs in by the development login. Throws what the client throws. */
  async login(username: string): Promise<void> {
    const { authUser, expiresAt } = await this.client.login(username)
    rememberSessionEnd(authUser.id, expiresAt)
    // The cookie is another one now.
    keep(signOutKey, '')
    await this.start()
  }

  /** The ways to sign in here, once there is no sign-out left to tell the server of. */
  async loginMethods(signal: AbortSignal): Promise<LoginMethods> {
    await this.#endAtServer()
    return this.client.loginMethods({ signal })
  }

  /** Signs out, also offline: deletes all data of the person here, and ends the session as soon as the server answers. */
  async signOut(): Promise<void> {
    const userId = this.#messenger?.me.id ?? recall(userKey)
    keep(signOutKey, '1')
    // From here on no tab keeps anything of theirs.
    keep(userKey, '')
    this.#channel.postMessage(null)
    this.#starts++
    this.#show({ status: 'signed_out', expired: false })
    this.#endAtServer().catch(() => {})
    if (userId !== null) await deletePersonData(userId)
  }

  /** Ends the session that was signed out of here, if the server does not know yet. Throws when it does not answer. */
  #endAtServer(): Promise<void> {
    const end = async () => {
      if (recall(signOutKey) === null) return
      try {
        await this.client.logout()
      } catch (error) {
        if (isTemporary(error)) throw error
        // What else a server refuses, it refuses again: a sign-in replaces the cookie, and until then it is ignored.
        if (!isSignedOut(error)) return
      }
      keep(signOutKey, '')
    }
    this.#ending ??= end().finally(() => (this.#ending = null))
    return this.#ending
  }

  /** A request was refused as unauthenticated. It may have crossed with a renewal of the session: asks again. */
  async #check(messenger: Messenger): Promise<void> {
    if (this.#messenger !== messenger) return
    await this.start()
    if (this.store.getState().status === 'signed_out') this.#channel.postMessage(null)
  }

  /** Follows what another tab has stored about who is signed in. */
  #compare(): void {
    const shown = this.#messenger?.me.id
    if (document.visibilityState !== 'visible' || shown === undefined || recall(userKey) === shown) return
    if (recall(userKey) === null) this.#showSignedOut()
    else this.start().catch(reportFault)
  }

  /** Shows that there is no session. Unless the person signed out, drafts and outbox stay until they sign in again. */
  #showSignedOut(): void {
    const userId = this.#messenger?.me.id ?? recall(userKey)
    const expired = recall(userKey) !== null
    this.#starts++
    this.#show({ status: 'signed_out', expired })
    if (userId === null) return
    ;(expired ? forgetState(userId) : deletePersonData(userId)).catch(reportFault)
  }

  /** Shows the last user from this browser's kept state at once, before the server confirms the session. */
  async #showKept(start: number): Promise<void> {
    const userId = recall(userKey)
    // A sign-in elsewhere may return another user.
    const asked = location.pathname === '/callback' || this.store.getState().status !== 'starting'
    if (userId === null || asked || isSessionOver(userId)) return
    const kept = await openStateDatabase(userId)
    const saved = await kept.load().catch(() => null)
    if (saved?.state.me.id !== userId || start !== this.#starts) return kept.close()
    const messenger = await this.#make(saved.state.me, kept, saved)
    if (start !== this.#starts) return messenger.close()
    this.#show({ status: 'signed_in', messenger })
  }

  async #open(me: User): Promise<Messenger> {
    const kept = await openStateDatabase(me.id)
    return this.#make(me, kept, await kept.load().catch(() => null))
  }

  async #make(me: User, kept: StateDatabase, saved: SavedState<KeptState> | null): Promise<Messenger> {
    const messenger: Messenger = new Messenger({
      client: this.client,
      me,
      outbox: await openOutboxDatabase(`parley:${me.id}`),
      kept,
      saved,
      stillMe: () => recall(userKey) === me.id,
      onSignedOut: () => {
        this.#check(messenger).catch(reportFault)
      },
      onImpatient: () => {
        this.start().catch(reportFault)
      }
    })
    return messenger
  }

  #waitForServer(start: number): void {
    if (!this.#messenger) this.#show({ status: 'unreachable' })
    else if (!this.#messenger.connected) this.#messenger.noAnswer()
    setTimeout(
      () => {
        if (start === this.#starts) this.start().catch(reportFault)
      },
      retryMs * (0.5 + Math.random())
    )
  }

  get #messenger(): Messenger | null {
    const state = this.store.getState()
    return state.status === 'signed_in' ? state.messenger : null
  }

  #show(state: SessionState): void {
    const before = this.#messenger
    if (before && !(state.status === 'signed_in' && state.messenger === before)) before.close()
    this.store.setState(state, true)
  }
}

/** Whose cookie this browser holds, as far as its tabs know; it stays when a session expires. */
const userKey = 'parley:user'
/** Set from a sign-out until the server has ended the session. */
const signOutKey = 'parley:sign-out'
const retryMs = 3_000
