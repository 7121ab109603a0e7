import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findWords } from '../../scripts/check-words.ts'
import { repository } from '../harness/parley.ts'

/** Runs the check on a file with this text; returns its exit code and the lines that it printed. */
function check(text: string): { status: number | null; lines: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'parley-words-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'sample.ts')
  writeFileSync(file, text)
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-words.ts', file], {
    cwd: repository,
    encoding: 'utf8'
  })
  return { status, lines: stderr.trim().split('\n').filter(Boolean) }
}

test('a file with a listed word fails the check, with its line and a replacement', () => {
  const { status, lines } = check(`/** Returns the page. */\nconst text = 'Somebody left'\n`)
  expect(status).toBe(1)
  expect(lines).toEqual([expect.stringMatching(/sample\.ts:2: "Somebody": write a user, a member, someone$/)])
})

test('a file without listed words passes the check', () => {
  expect(check('/** Notifies every member. */\nexport const toldAt = 1\n')).toEqual({ status: 0, lines: [] })
})

test.each([
  ['a string', `const text = "nobody’s here"`, ['nobody’s']],
  ['a phrase that a comment wraps', '/**\n * The rows that it knows by\n * heart.\n */', ['by heart']],
  ['a phrase in line comments', '// Rows are taken\n  // back.', ['taken back']],
  ['a document', 'The stream is told.\n\nWhoever\nreads', ['told', 'Whoever']],
  ['an identifier', 'const heard = []', ['heard']]
])('words are found in %s', (_where, text, words) => {
  expect(findWords(text).map(({ word }) => word)).toEqual(words)
})

test.each([
  'const toldAt = 1',
  'recommend',
  'for (const word of words) {}',
  'null if there is none',
  'no longer'
])('%s has none of them', (text) => expect(findWords(text)).toEqual([]))

test('a finding has the line of its first word', () => {
  expect(findWords('one\ntwo\n// who is\n// here').map(({ line }) => line)).toEqual([3])
})
