import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../harness/parley.ts'

const rules = readFileSync(join(repository, 'docs/GUARANTEES.md'), 'utf8')
const ids = Array.from(rules.matchAll(/^- \*\*([A-Z]\d+)\. /gm), ([, id]) => id!)

/** The rule ids at the beginning of each test name, by file: `'S1, S6: a stream …'`. */
const quoted = globSync('test/**/*.test.{ts,tsx}', { cwd: repository }).flatMap((file) =>
  Array.from(
    readFileSync(join(repository, file), 'utf8').matchAll(
      /^[^\n]*?(?:\(|^ +)['"`]((?:[A-Z]\d+, )*[A-Z]\d+)(?:\b[^:\n'"`]*)?: /gm
    ),
    ([, names]) => ({ file, ids: names!.split(', ') })
  )
)

test('every rule has a unique id', () => {
  expect(ids.length).toBeGreaterThan(30)
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
})

test('every rule is quoted by a test, and every quoted id is a rule', () => {
  const held = new Set(quoted.flatMap(({ ids }) => ids))
  expect(ids.filter((id) => !held.has(id))).toEqual([])
  expect(quoted.filter((each) => each.ids.some((id) => !ids.includes(id)))).toEqual([])
})

test('every test file named by a rule exists', () => {
  const named = Array.from(rules.matchAll(/`(test\/[^`]*\.ts)`/g), ([, file]) => file!)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((file) => globSync(file, { cwd: repository }).length === 0)).toEqual([])
})
