import type { RateLimit } from '@parley/contract/rate-limits'

/** Keys that a limiter remembers at most: some 100 bytes each. */
const keysMax = 20_000

/**
 * Of one key, both by the limiter's clock in ms: `fullAt` is when its bucket is full again (the "theoretical arrival time"
 * of the generic cell rate algorithm, ITU-T I.371), `promisedAt` the latest moment that a refusal named.
 */
type Bucket = { fullAt: number; promisedAt: number }

/** A token bucket for each key. A key whose bucket is full takes no memory for long. */
export class RateLimiter<Key> {
  readonly #buckets = new Map<Key, Bucket>()
  /** Ms in which one token comes back. */
  readonly #tokenMs: number
  readonly #burstMs: number
  readonly #keysMax: number
  readonly #now: () => number

  constructor({ perSecond, burst }: RateLimit, { max = keysMax, now = () => performance.now() } = {}) {
    this.#tokenMs = 1_000 / perSecond
    this.#burstMs = burst * this.#tokenMs
    this.#keysMax = max
    this.#now = now
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /**
   * Takes a token. Returns 0, or the whole seconds to wait where there is none. Requests that are refused together are told
   * different times, so that each succeeds if it waits as told and nothing else takes its token.
   */
  take(key: Key): number {
    const now = this.#now()
    const bucket = this.#buckets.get(key)
    if (!bucket) {
      this.#makeRoom(now)
      this.#buckets.set(key, { fullAt: now + this.#tokenMs, promisedAt: 0 })
      return 0
    }
    const fullAt = Math.max(bucket.fullAt, now) + this.#tokenMs
    // Half a microsecond for sums of fractions: a token that is due counts.
    if (fullAt - now > this.#burstMs + 0.000_5) return this.#promise(bucket, now)
    bucket.fullAt = fullAt
    return 0
  }

  /** The whole seconds until there is a token, 0 where there is one. Takes none. */
  wait(key: Key): number {
    const now = this.#now()
    const bucket = this.#buckets.get(key)
    const ms = bucket ? bucket.fullAt + this.#tokenMs - this.#burstMs - now : 0
    return ms > 0.000_5 ? Math.ceil(ms / 1_000) : 0
  }

  #promise(bucket: Bucket, now: number): number {
    const nextAt = bucket.fullAt + this.#tokenMs - this.#burstMs
    // Whoever asks on and on is told no more than the time in which the whole bucket fills.
    const at = Math.min(Math.max(nextAt, bucket.promisedAt + this.#tokenMs), now + this.#burstMs)
    bucket.promisedAt = at
    return Math.ceil((at - now) / 1_000)
  }

  /** Forgets up to two keys for each new one: full buckets, or, when there are too many keys, the oldest. */
  #makeRoom(now: number): void {
    for (let i = 0; i < 2; i++) {
      const oldest = this.#buckets.entries().next().value
      if (!oldest) return
      const [key, bucket] = oldest
      this.#buckets.delete(key)
      // One that is in use goes to the end, unless there is no room.
      if (bucket.fullAt > now && this.#buckets.size + 1 < this.#keysMax) this.#buckets.set(key, bucket)
    }
  }
}
