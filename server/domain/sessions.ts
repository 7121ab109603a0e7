import { hash, randomBytes } from 'node:crypto'
import type { User } from '@parley/contract/entities'
import { Problem } from '@parley/contract/errors'
import { refreshGraceSeconds, sessionDays } from '@parley/contract/limits'
import type { Session, Store } from '../storage/store.ts'

/** Who asks, and by which session. `expiresAt` is ms. */
export type Principal = { sessionId: number; userId: number; user: User; expiresAt: number }

/** A token as its owner gets it, once; `expiresAt` is ms. */
export type NewToken = { token: string; expiresAt: number }

/** Word that a session will end sooner than its streams were told; `expiresAt` 0 is now. */
export type SessionChange = { userId: number; sessionId: number; expiresAt: number }

const tokenPattern = /^[A-Za-z0-9_-]{43}$/
const cacheMax = 50_000
/** Sessions that are looked at in one read. */
const recheckedAtOnce = 1_000

export type SessionsOptions = {
  /** A session is looked up again after this long, in ms: another process may have ended it. */
  cacheMs?: number
  /** Tells the other nodes of a change that was made here. */
  publish?: (change: SessionChange) => void
}

/** Who is signed in: tokens are random, stored as their hash, and cached by it. */
export class Sessions {
  readonly #store: Store
  readonly #cacheMs: number
  readonly #publish: (change: SessionChange) => void
  /** `until` is by `performance.now()`: a clock that was set back must not keep a session here. */
  readonly #cache = new Map<string, { principal: Principal; until: number; used: boolean }>()
  readonly #lookups = new Map<string, Promise<Principal | null>>()
  readonly #listeners: ((change: SessionChange) => void)[] = []
  /** Tokens that were looked up: found in the cache, or asked of the store. */
  readonly counts = { cached: 0, asked: 0 }
  /** Of each look-up under way: what became of sessions meanwhile. */
  readonly #meanwhile = new Set<Map<number, SessionChange>>()

  constructor(store: Store, { cacheMs = 30_000, publish = () => {} }: SessionsOptions = {}) {
    this.#store = store
    this.#cacheMs = cacheMs
    this.#publish = publish
  }

  /** Calls `listener` when a session ends, or will end sooner than it said, wherever that was done. */
  onChanged(listener: (change: SessionChange) => void): void {
    this.#listeners.push(listener)
  }

  async start(userId: number): Promise<NewToken> {
    const made = newToken()
    await this.#store.write('addSession', { userId, ...made.row })
    return made.token
  }

  /**
   * Whose token this is, at once where the cache knows; null where it is malformed, unknown, expired or revoked. Before the
   * store is asked, `mayAsk` may throw.
   */
  authenticate(token: string, mayAsk: () => void = () => {}): Principal | null | Promise<Principal | null> {
    if (!tokenPattern.test(token)) return null
    const tokenHash = hashOf(token)
    const now = Date.now()
    const known = this.#cache.get(tokenHash)
    if (known && performance.now() < known.until) {
      known.used = true
      this.counts.cached++
      return now < known.principal.expiresAt ? known.principal : null
    }
    mayAsk()
    let lookup = this.#lookups.get(tokenHash)
    if (!lookup) {
      const changes = new Map<number, SessionChange>()
      this.#meanwhile.add(changes)
      lookup = this.#lookUp(tokenHash, now, changes).finally(() => {
        this.#lookups.delete(tokenHash)
        this.#meanwhile.delete(changes)
      })
      this.#lookups.set(tokenHash, lookup)
    }
    return lookup
  }

  /** A second token for the same person; the first lives until the second's first use, 60 s at most. */
  async refresh(me: Principal): Promise<NewToken> {
    const made = newToken()
    const graceUntil = made.row.now + refreshGraceSeconds * 1_000
    const old = await this.#store.write('replaceSession', {
      sessionId: me.sessionId,
      graceUntil,
      ...made.row
    })
    if (!old) throw new Problem('unauthenticated', 'This session has ended. Sign in again.')
    this.#change({ userId: me.userId, sessionId: me.sessionId, expiresAt: old.oldExpiresAt })
    return made.token
  }

  /** Ends a session and, within a second, its streams. */
  async end(me: Principal): Promise<void> {
    await this.#store.write('endSession', { sessionId: me.sessionId })
    this.#change({ userId: me.userId, sessionId: me.sessionId, expiresAt: 0 })
  }

  /** Takes a change that was made on another node. */
  apply(change: SessionChange): void {
    for (const changes of this.#meanwhile) changes.set(change.sessionId, change)
    for (const [tokenHash, { principal }] of this.#cache) {
      if (principal.sessionId === change.sessionId) this.#cache.delete(tokenHash)
    }
    for (const listener of this.#listeners) listener(change)
  }

  /**
   * Looks again at the sessions of `open` streams, and at those that were used since the last time; forgets the others.
   * So what another node ended, and could not tell, ends here too. Throws when the store cannot be read.
   */
  async recheck(open: Iterable<SessionChange>): Promise<void> {
    const now = performance.now()
    for (const [tokenHash, { used }] of this.#cache) if (!used) this.#cache.delete(tokenHash)
    const used = [...this.#cache.values()]
    for (const cached of used) cached.used = false
    const known = new Map<number, SessionChange>()
    for (const { userId, sessionId, expiresAt } of [...open, ...used.map(({ principal }) => principal)]) {
      known.set(sessionId, { userId, sessionId, expiresAt })
    }
    const ids = [...known.keys()]
    for (let i = 0; i < ids.length; i += recheckedAtOnce) {
      const sessionIds = ids.slice(i, i + recheckedAtOnce)
      const rows = await this.#store.read('listSessionEnds', { sessionIds })
      const ends = new Map(rows.map((row) => [row.sessionId, row.expiresAt]))
      for (const sessionId of sessionIds) {
        const session = known.get(sessionId)!
        const expiresAt = ends.get(sessionId) ?? 0
        if (expiresAt < session.expiresAt) this.apply({ ...session, expiresAt })
      }
    }
    for (const cached of used) cached.until = now + this.#cacheMs
  }

  async #lookUp(
    tokenHash: string,
    now: number,
    changes: Map<number, SessionChange>
  ): Promise<Principal | null> {
    this.#cache.delete(tokenHash)
    this.counts.asked++
    const session = await this.#store.read('findSession', { tokenHash, now })
    if (!session) return null
    if (session.replacesId !== null) await this.#confirm(session, session.replacesId)
    // The read may have looked before a change was made.
    const expiresAt = Math.min(session.expiresAt, changes.get(session.id)?.expiresAt ?? Infinity)
    if (expiresAt <= now) return null
    const principal = {
      sessionId: session.id,
      userId: session.userId,
      user: session.user,
      expiresAt
    }
    // The oldest goes first: a Map keeps the order of insertion.
    if (this.#cache.size >= cacheMax) this.#cache.delete(this.#cache.keys().next().value!)
    this.#cache.set(tokenHash, { principal, until: performance.now() + this.#cacheMs, used: true })
    return principal
  }

  async #confirm(session: Session, replacesId: number): Promise<void> {
    await this.#store.write('confirmSession', { sessionId: session.id, replacesId })
    this.#change({ userId: session.userId, sessionId: replacesId, expiresAt: 0 })
  }

  #change(change: SessionChange): void {
    this.apply(change)
    this.#publish(change)
  }
}

function newToken(): { token: NewToken; row: { tokenHash: string; expiresAt: number; now: number } } {
  const token = randomBytes(32).toString('base64url')
  const now = Date.now()
  const expiresAt = now + sessionDays * 86_400_000
  return { token: { token, expiresAt }, row: { tokenHash: hashOf(token), expiresAt, now } }
}

function hashOf(token: string): string {
  return hash('sha256', token, 'base64url')
}
