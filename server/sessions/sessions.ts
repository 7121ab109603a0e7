import { LRUCache } from 'lru-cache'
import type { User } from '@parley/contract/people'
import type { ServerRole } from '@parley/contract/primitives'
import { Problem } from '@parley/contract/problems'
import { sessionDays, sessionsPerUserMax, signInDays } from '@parley/contract/limits'
import type { Session } from './procedures.ts'
import type { Store } from '../store.ts'
import type { Principal } from '../platform/principal.ts'
import { familyOf, hashOf, isToken, newSalt, newToken, successorOf } from './session-tokens.ts'

/** A token as its owner gets it, once; `expiresAt` is ms. */
export type NewToken = { token: string; familyId: string; expiresAt: number }

/** Announces a session's new end, or, with the end it has, that its user's role changed; `expiresAt` 0 is now. */
export type SessionChange = { userId: number; sessionId: number; expiresAt: number }

const dayMs = 86_400_000
const cacheMax = 50_000
/** Sessions that are looked at in one read. */
const recheckedAtOnce = 1_000
/** A session's last use is written down at most this often. */
const touchMs = 3_600_000

export type SessionsOptions = {
  /** A session is looked up again after this long, in ms: another process may have ended it. */
  cacheMs?: number
  /** Sessions that one person may hold. */
  perUserMax?: number
  /** Tells the other nodes of a change that was made here. */
  publish?: (change: SessionChange) => void
  /** Returns the role that a user has here, from the one that is stored. */
  roleOf?: (user: User, stored: ServerRole) => ServerRole
  /** Called when the last use of sessions could not be written down. */
  onFailure?: (error: unknown) => void
}

/** `until` is by `performance.now()`: a clock that was set back must not keep a session here. */
type Cached = { principal: Principal; until: number; used: boolean }

/** Who is signed in: tokens are random, stored as their hash, and cached by it. */
export class Sessions {
  readonly #store: Store
  readonly #cacheMs: number
  readonly #perUserMax: number
  readonly #publish: (change: SessionChange) => void
  readonly #roleOf: (user: User, stored: ServerRole) => ServerRole
  readonly #onFailure: (error: unknown) => void
  /** By the token's hash. */
  readonly #cache = new LRUCache<string, Cached>({
    max: cacheMax,
    dispose: ({ principal }, tokenHash) => {
      if (this.#tokenHashes.get(principal.sessionId) === tokenHash) {
        this.#tokenHashes.delete(principal.sessionId)
      }
    }
  })
  /** Of the cached sessions, by their ids. */
  readonly #tokenHashes = new Map<number, string>()
  readonly #lookups = new Map<string, Promise<Principal | null>>()
  readonly #listeners: ((change: SessionChange) => void)[] = []
  /** Tokens that were looked up: found in the cache, or asked of the store. */
  readonly counts = { cached: 0, asked: 0 }
  /** For each running look-up: the session changes since it began. */
  readonly #meanwhile = new Set<Map<number, SessionChange>>()

  constructor(
    store: Store,
    {
      cacheMs = 30_000,
      perUserMax = sessionsPerUserMax,
      publish = () => {},
      roleOf = (_user, stored) => stored,
      onFailure = () => {}
    }: SessionsOptions = {}
  ) {
    this.#store = store
    this.#cacheMs = cacheMs
    this.#perUserMax = perUserMax
    this.#publish = publish
    this.#roleOf = roleOf
    this.#onFailure = onFailure
  }

  /** Calls `listener` with each session's new end, and with its end when its user's role changed, on any node. */
  onChanged(listener: (change: SessionChange) => void): void {
    this.#listeners.push(listener)
  }

  /**
   * Starts a session on `device` (a readable name such as "Firefox on Linux"). Beyond `perUserMax`, the user's least recently
   * used session ends. Throws `account_disabled`.
   */
  async start(userId: number, device: string | null = null): Promise<NewToken> {
    const token = newToken()
    const now = Date.now()
    const expiresAt = now + sessionDays * dayMs
    const added = await this.#store.write('addSession', {
      userId,
      tokenHash: hashOf(token),
      familyId: familyOf(token),
      device,
      expiresAt,
      absoluteEnd: now + signInDays * dayMs,
      perUserMax: this.#perUserMax,
      now
    })
    if (!added) throw new Problem('account_disabled')
    this.#announceEnds(userId, added.endedIds)
    return { token, familyId: familyOf(token), expiresAt }
  }

  /**
   * Returns the owner of a token, synchronously on a cache hit; null if the token is malformed, unknown, expired or revoked.
   * `mayAsk` is called before a look-up in the store, and may throw.
   */
  authenticate(token: string, mayAsk: () => void = () => {}): Principal | null | Promise<Principal | null> {
    if (!isToken(token)) return null
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
      lookup = this.#lookUp(token, tokenHash, now, changes).finally(() => {
        this.#lookups.delete(tokenHash)
        this.#meanwhile.delete(changes)
      })
      this.#lookups.set(tokenHash, lookup)
    }
    return lookup
  }

  /**
   * Returns the successor of `token`, which belongs to `me`. `token` lives until the successor's first use, at most 60 s; until
   * then every refresh returns the same successor.
   */
  async refresh(me: Principal, token: string): Promise<NewToken> {
    const salt = newSalt()
    const now = Date.now()
    const replaced = await this.#store.write('replaceSession', {
      sessionId: me.sessionId,
      familyId: me.familyId,
      salt,
      tokenHash: hashOf(successorOf(token, salt)),
      expiresAt: now + sessionDays * dayMs,
      now
    })
    if (!replaced) throw new Problem('unauthenticated', { reason: 'session_ended' })
    this.announce({ userId: me.userId, sessionId: me.sessionId, expiresAt: replaced.oldExpiresAt })
    return { familyId: me.familyId, token: successorOf(token, replaced.salt), expiresAt: replaced.expiresAt }
  }

  /** Ends a sign-in: all sessions of its family and, within a second, their streams. */
  async end(me: Principal): Promise<void> {
    const { sessionId, familyId } = me
    const endedIds = await this.#store.write('endFamily', { sessionId, familyId })
    this.#announceEnds(me.userId, new Set([sessionId, ...endedIds]))
  }

  /** Ends the family of a token that was refused, if it was superseded more than 60 s ago: it may have been stolen. */
  async endReused(token: string): Promise<void> {
    if (!isToken(token)) return
    const reuse = { tokenHash: hashOf(token), familyId: familyOf(token), now: Date.now() }
    // Read first: anyone may send any token, and a write would make everyone else's commits wait.
    if (!(await this.#store.read('findReused', reuse))) return
    const reused = await this.#store.write('endReusedFamily', reuse)
    if (reused) this.#announceEnds(reused.userId, reused.endedIds)
  }

  /** Applies a change that the store has already, here and on the other nodes. */
  announce(change: SessionChange): void {
    this.apply(change)
    this.#publish(change)
  }

  /** Takes a change that was made on another node. */
  apply(change: SessionChange): void {
    for (const changes of this.#meanwhile) changes.set(change.sessionId, change)
    const tokenHash = this.#tokenHashes.get(change.sessionId)
    if (tokenHash !== undefined) this.#cache.delete(tokenHash)
    for (const listener of this.#listeners) listener(change)
  }

  /**
   * Reads the sessions of `open` streams again, and those used since the last call; drops the others from the cache. So a change on
   * another node whose notice was lost applies here too. Throws when the store cannot be read.
   */
  async recheck(open: Iterable<SessionChange>): Promise<void> {
    const now = performance.now()
    const used: Cached[] = []
    const unused: string[] = []
    for (const [tokenHash, cached] of this.#cache.entries()) {
      if (cached.used) used.push(cached)
      else unused.push(tokenHash)
    }
    for (const tokenHash of unused) this.#cache.delete(tokenHash)
    for (const cached of used) cached.used = false
    const known = new Map<number, SessionChange>()
    const principals = new Map(used.map(({ principal }) => [principal.sessionId, principal]))
    for (const { userId, sessionId, expiresAt } of [...open, ...principals.values()]) {
      known.set(sessionId, { userId, sessionId, expiresAt })
    }
    const ids = [...known.keys()]
    for (let i = 0; i < ids.length; i += recheckedAtOnce) {
      const sessionIds = ids.slice(i, i + recheckedAtOnce)
      const rows = await this.#store.read('listSessionEnds', { sessionIds })
      const found = new Map(rows.map((row) => [row.sessionId, row]))
      for (const sessionId of sessionIds) {
        const session = known.get(sessionId)!
        const row = found.get(sessionId)
        const expiresAt = row?.expiresAt ?? 0
        const principal = principals.get(sessionId)
        const role = row && principal && this.#roleOf(principal.user, row.role)
        if (expiresAt < session.expiresAt || role !== principal?.role) this.apply({ ...session, expiresAt })
      }
    }
    for (const cached of used) cached.until = now + this.#cacheMs
    await this.#touch(used.map(({ principal }) => principal))
  }

  async #lookUp(
    token: string,
    tokenHash: string,
    now: number,
    changes: Map<number, SessionChange>
  ): Promise<Principal | null> {
    this.#cache.delete(tokenHash)
    this.counts.asked++
    const session = await this.#store.read('findSession', { tokenHash, now })
    if (!session) return null
    // A first use that cannot be recorded fails no request: the replaced session expires within a minute.
    const confirmed = session.replacesId === null || (await this.#confirm(session, session.replacesId))
    // The read may have looked before a change was made.
    const expiresAt = Math.min(session.expiresAt, changes.get(session.id)?.expiresAt ?? Infinity)
    if (expiresAt <= now) return null
    const principal = {
      sessionId: session.id,
      familyId: session.familyId ?? familyOf(token),
      userId: session.userId,
      user: session.user,
      role: this.#roleOf(session.user, session.role),
      expiresAt,
      lastUsedAt: session.lastUsedAt
    }
    // Looked up again with its next use where it is unconfirmed, or its role may have changed since it was read.
    if (!confirmed || changes.has(session.id)) return principal
    this.#cache.set(tokenHash, { principal, until: performance.now() + this.#cacheMs, used: true })
    this.#tokenHashes.set(session.id, tokenHash)
    // Not awaited: the request continues.
    this.#touch([principal]).catch(this.#onFailure)
    return principal
  }

  /** Whether the first use of a refreshed session could be written down. */
  async #confirm(session: Session, replacesId: number): Promise<boolean> {
    try {
      await this.#store.write('confirmSession', { sessionId: session.id, replacesId, now: Date.now() })
    } catch (error) {
      this.#onFailure(error)
      return false
    }
    this.announce({ userId: session.userId, sessionId: replacesId, expiresAt: 0 })
    return true
  }

  /** Writes down that sessions were used, of those where that was long ago. */
  async #touch(used: Principal[]): Promise<void> {
    const now = Date.now()
    const due = used.filter(({ lastUsedAt }) => lastUsedAt <= now - touchMs)
    for (const principal of due) principal.lastUsedAt = now
    for (let i = 0; i < due.length; i += recheckedAtOnce) {
      const sessionIds = due.slice(i, i + recheckedAtOnce).map(({ sessionId }) => sessionId)
      await this.#store.write('touchSessions', { sessionIds, now })
    }
  }

  #announceEnds(userId: number, sessionIds: Iterable<number>): void {
    for (const sessionId of sessionIds) this.announce({ userId, sessionId, expiresAt: 0 })
  }
}
