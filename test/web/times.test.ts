import { describe, expect, it } from 'vitest'
import { dayOf, lastSeenOf, shortTimeOf } from '../../web/src/lib/times.ts'

describe('times', () => {
  const now = new Date(2026, 0, 31, 15, 0)
  const ago = (minutes: number) => lastSeenOf(new Date(now.getTime() - minutes * 60_000).toISOString(), now)
  it('are grouped by day', () => {
    expect(dayOf(new Date(2026, 0, 31, 0, 1).toISOString(), now)).toBe('Today')
    expect(dayOf(new Date(2026, 0, 30, 23, 59).toISOString(), now)).toBe('Yesterday')
    expect(shortTimeOf(new Date(2026, 0, 30, 23, 59).toISOString(), now)).toBe('Yesterday')
    expect(dayOf(new Date(2025, 5, 1).toISOString(), now)).toContain('2025')
  })
  it('show when someone was last seen, at a useful precision', () => {
    expect([-1, 0.5, 1, 59, 60, 150].map(ago)).toEqual([
      'last seen just now',
      'last seen just now',
      'last seen 1 minute ago',
      'last seen 59 minutes ago',
      'last seen 1 hour ago',
      'last seen 2 hours ago'
    ])
    // Today at 15:00: yesterday evening is yesterday, and five hours across midnight are hours.
    expect(ago(20 * 60)).toBe('last seen yesterday')
    expect(lastSeenOf(new Date(2026, 0, 30, 23, 0).toISOString(), new Date(2026, 0, 31, 3, 0))).toBe(
      'last seen 4 hours ago'
    )
    expect(ago(40 * 24 * 60)).toMatch(/^last seen on .*22/)
  })
})
