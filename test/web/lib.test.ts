import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NetworkError } from '@parley/client/failures'
import type { FieldProblem } from '@parley/contract/field-problems'
import { problems } from '@parley/contract/problems'
import { everyField, everyProblem } from '../fixtures/problems.ts'
import { fieldText } from '../../web/src/lib/field-texts.ts'
import { countCodePoints } from '../../web/src/lib/code-points.ts'
import { colourCount, colourOf } from '../../web/src/lib/colours.ts'
import { isJumbo } from '../../web/src/lib/emoji.ts'
import { failureText, problemText } from '../../web/src/lib/problem-texts.ts'
import { dayOf, lastSeenOf, shortTimeOf } from '../../web/src/lib/times.ts'
import { isDue } from '../../web/src/state/sync/session-life.ts'
import { compareIds } from '../../web/src/state/model/ids.ts'

describe('emoji', () => {
  it('are large if a message consists of a few of them only', () => {
    for (const text of ['👍', '🎉🎉', '👩‍👩‍👧', '👋🏽', '❤️', '🇨🇭 🇯🇵']) expect(isJumbo(text), text).toBe(true)
    for (const text of ['1', '12', '#', 'ok 👍', '', '👍👍👍👍', '*']) expect(isJumbo(text), text).toBe(false)
  })
})

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
  it('refresh a session with less than half of its lifetime left, or an unknown end', () => {
    const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString()
    expect(isDue(inDays(8), now.getTime())).toBe(false)
    expect(isDue(inDays(6), now.getTime())).toBe(true)
    expect(isDue(null, now.getTime())).toBe(true)
  })
})

describe('problems', () => {
  it('have a sentence for every code', () => {
    for (const code of [...Object.keys(problems), 'something_new'])
      expect(problemText({ code })).toMatch(/\.$/)
    expect(failureText(new NetworkError('No answer in time'))).toMatch(/network/)
    expect(failureText(new TypeError('failed'))).toMatch(/in the app/)
  })
  it('have a sentence that contains their data', () => {
    for (const { code, data } of everyProblem) {
      const text = problemText({ code, data })
      expect(text).toMatch(/^\p{Lu}.*\.$|^jane /u)
      expect(text).not.toMatch(/undefined|NaN|\[object/)
    }
    const problem = { code: 'rate_limited', data: { retryAfterSeconds: 1_200 } }
    expect(problemText(problem)).toMatch(/1,200 seconds/)
    const role = { reason: 'role', role: 'admin', action: 'change_role' }
    expect(problemText({ code: 'not_allowed', data: role })).toMatch(/^Only the owner/)
  })
  it('of fields name the field and its limit, also with an unknown code', () => {
    for (const field of everyField) expect(fieldText('title', field)).toMatch(/^The group name .*\.$/)
    expect(fieldText('title', { code: 'too_long', max: 100 })).toMatch(/100 characters/)
    expect(fieldText('usernames.1', { code: 'required' })).toMatch(/^The list of people/)
    for (const code of ['from_the_future', 'toString'])
      expect(fieldText('toString', { code } as unknown as FieldProblem)).toBe('A field isn’t valid.')
  })
  it('without data, as from older servers, are sentences as well', () => {
    for (const { code } of everyProblem) expect(problemText({ code })).not.toMatch(/undefined|NaN|\[object/)
  })
})

describe('lib functions', () => {
  it('count code points as the server does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(countCodePoints(text)).toBe(Array.from(text).length)
      })
    )
  })
  it('order ids as numbers', () => {
    expect(['10', '9', '100'].sort(compareIds)).toEqual(['9', '10', '100'])
  })
  it('give a username one colour', () => {
    expect(colourOf('jane')).toBe(colourOf('jane'))
    expect(colourOf('👩‍👩‍👧')).toBeLessThan(colourCount)
  })
})
