/**
 * Request rates per user, or per address on routes without a session. Each node counts for itself. A bucket holds `burst`
 * requests and refills at `perSecond`. Every route names its class.
 */
export const rateLimits = {
  /** Messages. */
  send: { perSecond: 20, burst: 100 },
  /** Pages, searches and everything else that changes nothing. */
  read: { perSecond: 50, burst: 250 },
  /** Edits, deletions, reactions, read marks, members, titles, direct conversations, sign-outs. */
  change: { perSecond: 20, burst: 200 },
  /** New groups: on top of `change`, which their route has. */
  group: { perSecond: 10 / 60, burst: 10 },
  typing: { perSecond: 10, burst: 50 },
  /** Event streams opened; all devices of a person come back together after a restart. */
  stream: { perSecond: 20, burst: 1_000 },
  /** New tokens for an existing session. */
  refresh: { perSecond: 1, burst: 30 },
  /** Sign-ins by address; everyone behind one router, or behind a proxy that is not trusted, has one bucket. */
  signIn: { perSecond: 10, burst: 300 },
  /** What anyone may read, by address. */
  public: { perSecond: 50, burst: 500 },
  /** Tokens that are not valid, by address. */
  stranger: { perSecond: 20, burst: 500 }
} as const satisfies Record<string, RateLimit>

/**
 * Concurrent reads of one user, each counted until its response is written to the network. A page is up to a megabyte and stays in
 * memory until the client reads it.
 */
export const readsAtOnceMax = 32

/** `perSecond` may be a fraction. */
export type RateLimit = { perSecond: number; burst: number }
export type RateClass = keyof typeof rateLimits

/** What a route may name: a class, or `none` for health checks, which a supervisor must always be able to ask. */
export type RouteRate = Exclude<RateClass, 'group' | 'stranger'> | 'none'

/** What a public route may name. */
export type PublicRate = 'signIn' | 'public' | 'none'

/** The classes that count by address; the others count by person. */
export const ratedByAddress: ReadonlySet<RateClass> = new Set(['signIn', 'public', 'stranger'])
