import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { describe, expect, test } from 'vitest'
import { Problem, problems, type ProblemCode } from '@parley/contract/problems'
import { toProblem } from '../../../../server/platform/http/problems.ts'

const rows = [
  ...readFileSync('docs/PROBLEMS.md', 'utf8').matchAll(/^\| `(\w+)` \| (\d+) \| (.+?) \| (.+?) \|$/gm)
]

describe('the problems', () => {
  test("are documented in the contract's order, with their statuses and titles", () => {
    const documented = rows.map(([, code, status, title]) => [code, { status: Number(status), title }])
    expect(documented).toEqual(Object.entries(problems))
  })

  test('are documented with their causes', () => {
    for (const [, , , , when] of rows) expect(when!.length).toBeGreaterThan(10)
  })

  test.each(Object.keys(problems) as ProblemCode[])('%s has a document according to RFC 9457', (code) => {
    const document = new Problem(code, 'What is wrong.').toJSON()
    expect(document).toEqual({
      type: `urn:parley:problem:${code}`,
      title: problems[code].title,
      status: problems[code].status,
      detail: 'What is wrong.',
      code
    })
    expect(STATUS_CODES[document.status]).toBeDefined()
  })
})

describe('an unexpected error', () => {
  test.each([
    new Error('password=sesame'),
    'sesame',
    null,
    Object.assign(new Error('sesame'), { statusCode: 503 })
  ])('is reported as internal, without details: %o', (error) => {
    const problem = toProblem(error)
    expect(problem.code).toBe('internal')
    expect(JSON.stringify(problem)).not.toContain('sesame')
  })
})
