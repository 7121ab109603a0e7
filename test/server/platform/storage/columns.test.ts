import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../../../harness/parley.ts'

/** Selects all columns, including those that a newer version may add, which break prepared statements. */
const asksForAll = /\b(selectAll|returningAll)\(|\b(?:SELECT|RETURNING)\s+(?:\w+\.)?\*/i

test.each([
  ["db.selectFrom('users').selectAll()", true],
  ['SELECT * FROM users', true],
  ['returning users.*', true],
  ['SELECT count(*) FROM users', false]
])('%s selects all columns: %s', (text, asks) => {
  expect(asksForAll.test(text)).toBe(asks)
})

test('U2: no statement of the server selects all columns', () => {
  const files = globSync('server/**/*.ts', { cwd: repository, exclude: ['**/node_modules/**'] })
  expect(files.length).toBeGreaterThan(100)
  const asking = files.filter((file) => asksForAll.test(readFileSync(join(repository, file), 'utf8')))
  expect(asking).toEqual([])
})
