import type { RateLimit } from '@parley/contract/rate-limits'

/** Keys that a limiter remembers at most: some 100 bytes each. */
const keysMax = 20_000

/**
 * Of one key, both by the limiter's clock in µs: `fullAt` is when its bucket is full again (the "theoretical arrival time"
 * of the generic cell rate algorithm, ITU-T I.371), `promisedAt` the latest moment that a refusal named.
 */
type Bucket = { fullAt: number; promisedAt: number }

/**
 * A token bucket for each key. A key whose bucket is full takes no memory for long. Times are whole microseconds, so that
 * sums of them are exact: a token is due at the very moment that a refusal named.
 */
export class RateLimiter<Key> {
  readonly #buckets = new Map<Key, Bucket>()
  /** Microseconds in which one token comes back. */
  readonly #tokenTime: number
  readonly #burstTime: number
  readonly #keysMax: number
  readonly #now: () => number

  /** `now` returns whole microseconds. */
  constructor({ perSecond, burst }: RateLimit, { max = keysMax, now = monotonicMicroseconds } = {}) {
    this.#tokenTime = Math.round(1_000_000 / perSecond)
    this.#burstTime = burst * this.#tokenTime
    this.#keysMax = max
    this.#now = now
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /**
   * Takes a token. Returns 0, or the whole seconds to wait where there is none. Requests that are refused together get
   * different times, so that each succeeds if it waits so long and nothing else takes its token.
   */
  take(key: Key): number {
    const now = this.#now()
    const bucket = this.#buckets.get(key)
    if (!bucket) {
      this.#makeRoom(now)
      this.#buckets.set(key, { fullAt: now + this.#tokenTime, promisedAt: 0 })
      return 0
    }
    const fullAt = Math.max(bucket.fullAt, now) + this.#tokenTime
    if (fullAt - now > this.#burstTime) return this.#promise(bucket, now)
    bucket.fullAt = fullAt
    return 0
  }

  /** The whole seconds until there is a token, 0 where there is one. Takes none. */
  wait(key: Key): number {
    const now = this.#now()
    const bucket = this.#buckets.get(key)
    return bucket ? wholeSeconds(Math.max(0, bucket.fullAt + this.#tokenTime - this.#burstTime - now)) : 0
  }

  #promise(bucket: Bucket, now: number): number {
    const nextAt = bucket.fullAt + this.#tokenTime - this.#burstTime
    // A client that keeps asking waits no longer than the whole bucket takes to fill.
    const at = Math.min(Math.max(nextAt, bucket.promisedAt + this.#tokenTime), now + this.#burstTime)
    bucket.promisedAt = at
    return wholeSeconds(at - now)
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

function monotonicMicroseconds(): number {
  return Math.floor(performance.now() * 1_000)
}

function wholeSeconds(microseconds: number): number {
  return Math.ceil(microseconds / 1_000_000)
}
