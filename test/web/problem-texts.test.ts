import { describe, expect, it } from 'vitest'
import { NetworkError } from '@parley/client/failures'
import type { FieldProblem } from '@parley/contract/field-problems'
import { problems } from '@parley/contract/problems'
import { everyField, everyProblem } from '../fixtures/problems.ts'
import { fieldText } from '../../web/src/lib/field-texts.ts'
import { failureText, problemText } from '../../web/src/lib/problem-texts.ts'

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
