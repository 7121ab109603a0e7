import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../harness/parley.ts'

const sources = globSync('{contract,server,client,web/src}/**/*.{ts,tsx}', {
  cwd: repository,
  exclude: (name) => name.includes('node_modules')
})
const textOf = (file: string) => readFileSync(join(repository, file), 'utf8')

// An unhandled rejection ends the process, so a promise that is not awaited must handle its failure where it
// is created.
test('the linter rejects promises without failure handling, and void operators', () => {
  const { rules, overrides } = JSON.parse(textOf('.oxlintrc.json')) as {
    rules: Record<string, unknown>
    overrides: { files: string[]; rules: Record<string, unknown> }[]
  }
  expect(rules).toMatchObject({
    'typescript/no-floating-promises': ['error', { ignoreVoid: false }],
    'typescript/no-misused-promises': 'error',
    'no-void': 'error'
  })
  const weaker = overrides.filter(({ rules }) =>
    Object.keys(rules).some((name) => /promises|no-void/.test(name))
  )
  expect(weaker.map(({ files }) => files)).toEqual([['test/**', 'bench/**']])
})

test('no source disables that rule', () => {
  expect(sources.length).toBeGreaterThan(200)
  const excepting = /lint-disable(?:-next-line|-line)?(?:\s*(?:\*\/|$)|.*(?:floating-promises|no-void))/m
  expect(sources.filter((file) => excepting.test(textOf(file)))).toEqual([])
})
