import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { FieldProblem } from '@parley/contract/field-problems'
import { fieldDetails, problemDetail, problemDocument } from '@parley/contract/problem-details'
import { Problem, problems, type ProblemCode } from '@parley/contract/problems'
import { findWords } from '../../../../scripts/check-words.ts'
import { toProblem } from '../../../../server/platform/http/problems.ts'
import { everyField, everyProblem } from '../../../fixtures/problems.ts'

const page = readFileSync('docs/PROBLEMS.md', 'utf8')
const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$/gm)]
const fieldRows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$/gm)]
const namesIn = (cell: string) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!)

describe('the problems', () => {
  test("are documented in the contract's order, with their statuses and titles", () => {
    const documented = rows.map(([, code, status, title]) => [code, { status: Number(status), title }])
    expect(documented).toEqual(Object.entries(problems))
  })

  test('have in the docs the data that they carry, and a cause', () => {
    for (const [, code, , , data, when] of rows) {
      const carried = everyProblem
        .filter((each) => each.code === code)
        .flatMap((each) => Object.keys(each.data))
      expect([code, new Set(namesIn(data!))]).toEqual([code, new Set(carried)])
      expect(when!.length).toBeGreaterThan(10)
    }
  })

  test('are all in the fixture, which each has a detail of its own', () => {
    expect(new Set(everyProblem.map(({ code }) => code))).toEqual(new Set(Object.keys(problems)))
    for (const problem of everyProblem) {
      expect(problemDetail(problem)).toMatch(/^[A-Z].+\.$/)
      expect(problemDetail(problem)).not.toMatch(/undefined|\[object|NaN/)
      expect(findWords(problemDetail(problem))).toEqual([])
    }
  })

  test.each(Object.keys(problems) as ProblemCode[])('%s has a document of RFC 9457', (code) => {
    const problem = everyProblem.find((each) => each.code === code)!
    const document = problemDocument(problem)
    const { fields, current, ...data } = problem.data
    expect(document).toEqual({
      type: `urn:parley:problem:${code}`,
      title: problems[code].title,
      status: problems[code].status,
      detail: problemDetail(problem),
      code,
      ...(fields !== undefined && { errors: expect.anything(), fields }),
      ...(current !== undefined && { current }),
      ...(Object.keys(data).length > 0 && { data })
    })
    expect(STATUS_CODES[document.status]).toBeDefined()
  })

  test('keep the members that older clients know in their place, and add theirs behind them', () => {
    const { fields } = new Problem('validation_failed', { fields: { title: { code: 'required' } } })
    const document = problemDocument(new Problem('validation_failed', { fields: fields! }))
    const before = ['type', 'title', 'status', 'detail', 'code', 'errors']
    expect(Object.keys(document)).toEqual([...before, 'fields'])
    const limited = problemDocument(new Problem('rate_limited', { retryAfterSeconds: 1 }))
    expect(Object.keys(limited)).toEqual([...before.slice(0, 5), 'data'])
  })
})

describe('the codes of fields', () => {
  test('in the docs are those in the contract, with their data, in order', () => {
    expect(fieldRows.map(([, code]) => code)).toEqual(Object.keys(fieldDetails))
    for (const [, code, data] of fieldRows) {
      const { code: _, ...carried } = everyField.find((each) => each.code === code)!
      expect([code, namesIn(data!)]).toEqual([code, Object.keys(carried)])
    }
  })

  test.each(everyField.map((field): [string, FieldProblem] => [field.code, field]))(
    '%s makes an error in English',
    (_code, field) => {
      const { errors } = problemDocument(new Problem('validation_failed', { fields: { title: field } }))
      expect(errors!['title']).toMatch(/^Title .+\.$/)
      expect(errors!['title']).not.toMatch(/undefined|\[object|NaN/)
    }
  )
})

describe('an unexpected error', () => {
  test.each([
    new Error('password=sesame'),
    'sesame',
    null,
    Object.assign(new Error('sesame'), { statusCode: 503 })
  ])('is internal, and reveals nothing of itself: %o', (error) => {
    const problem = toProblem(error)
    expect(problem.code).toBe('internal')
    expect(JSON.stringify(problemDocument(problem))).not.toContain('sesame')
  })
})
