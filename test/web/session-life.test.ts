import { expect, it } from 'vitest'
import { isDue } from '../../web/src/state/sync/session-life.ts'

it('a session with less than half of its lifetime left, or an unknown end, is refreshed', () => {
  const now = new Date(2026, 0, 31, 15, 0)
  const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString()
  expect(isDue(inDays(8), now.getTime())).toBe(false)
  expect(isDue(inDays(6), now.getTime())).toBe(true)
  expect(isDue(null, now.getTime())).toBe(true)
})
