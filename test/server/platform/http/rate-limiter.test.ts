import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rateLimits } from '@parley/contract/rate-limits'
import { RateLimiter } from '../../../../server/platform/http/rate-limiter.ts'

/** A limiter with a clock that the test sets, in whole microseconds. */
function limiter(limit: { perSecond: number; burst: number }, max?: number) {
  const clock = { us: 1_000_000 }
  return { clock, limiter: new RateLimiter<string>(limit, { now: () => clock.us, ...(max && { max }) }) }
}

/** Takes `count` tokens and returns the answers. */
function takeMany(of: RateLimiter<string>, count: number, key = 'john'): number[] {
  return Array.from({ length: count }, () => of.take(key))
}

describe('a token bucket', () => {
  test.each(Object.entries(rateLimits))('%s allows its burst at once, and then no more', (_name, limit) => {
    const under = limiter(limit)
    expect(takeMany(under.limiter, limit.burst)).toEqual(Array.from({ length: limit.burst }, () => 0))
    expect(under.limiter.take('john')).toBeGreaterThan(0)
    expect(under.limiter.take('jane')).toBe(0)
  })

  test('refills at its rate up to its burst', () => {
    const { clock, limiter: of } = limiter({ perSecond: 10, burst: 5 })
    takeMany(of, 5)
    clock.us += 300_000
    expect(takeMany(of, 4)).toEqual([0, 0, 0, 1])
    clock.us += 3_600_000_000
    expect(takeMany(of, 6)).toEqual([0, 0, 0, 0, 0, 1])
  })

  test('L1: its retry delay is always sufficient, whatever was requested before', () => {
    const rates = fc.record({
      perSecond: fc.oneof(fc.constant(10 / 60), fc.integer({ min: 1, max: 60 })),
      burst: fc.integer({ min: 1, max: 30 })
    })
    fc.assert(
      fc.property(rates, fc.array(fc.integer({ min: 0, max: 900_000 }), { maxLength: 80 }), (limit, gaps) => {
        const { clock, limiter: of } = limiter(limit)
        for (const gap of gaps) {
          clock.us += gap
          const seconds = of.take('john')
          if (seconds === 0) continue
          expect(seconds).toBe(Math.round(seconds))
          clock.us += seconds * 1_000_000
          expect(of.wait('john')).toBe(0)
          expect(of.take('john')).toBe(0)
          expect(seconds).toBeLessThanOrEqual(Math.ceil(limit.burst / limit.perSecond))
        }
      })
    )
  })

  test('requests refused together each succeed after their own delay', () => {
    const { clock, limiter: of } = limiter({ perSecond: 20, burst: 100 })
    const waits = takeMany(of, 200).filter((seconds) => seconds > 0)
    expect(waits).toHaveLength(100)
    const start = clock.us
    for (const seconds of waits.toSorted((a, b) => a - b)) {
      clock.us = start + seconds * 1_000_000
      expect(of.take('john')).toBe(0)
    }
  })

  test('a client that keeps requesting waits at most as long as a full bucket takes', () => {
    const { limiter: of } = limiter({ perSecond: 20, burst: 100 })
    expect(Math.max(...takeMany(of, 10_000))).toBe(5)
  })

  test('keeps a bounded number of keys, and drops those that are full again', () => {
    const { clock, limiter: of } = limiter({ perSecond: 1, burst: 3 }, 100)
    for (let i = 0; i < 1_000; i++) of.take(`address ${i}`)
    expect(of.size).toBeLessThanOrEqual(100)
    clock.us += 10_000_000
    for (let i = 0; i < 100; i++) of.take('john')
    for (let i = 0; i < 60; i++) of.take(`later ${i}`)
    expect(of.size).toBeLessThanOrEqual(61)
    // An exhausted key is kept while others come and go.
    expect(of.take('john')).toBeGreaterThan(0)
  })
})
