/**
 * `node scripts/check-words.ts [FILE…]` reports words that hide who does what, or that no reader would search for, with
 * their replacements; exits with 1 if there are any. Checks all files of the repository by default.
 *
 * A linter plugin would see scripts only; this also covers docs, styles, pages, catalogs and configurations.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Patterns of words, each with what to write instead. A space matches a line break in a comment, too. */
const replacements: [pattern: string, instead: string][] = [
  ['who(?:so|m)?ever', 'the user, client or caller who acts'],
  ["somebody(?:’s|'s)?", 'a user, a member, someone'],
  ["nobody(?:’s|'s)?", 'no one, no user, no client'],
  ["everybody(?:’s|'s)?", 'everyone, all members, every client'],
  ["anybody(?:’s|'s)?", 'anyone, any user'],
  ['told', 'notified, sent, published, reported, observed'],
  ['hears? of|heard', 'receives, is notified of, learns'],
  ['(?<!const |let )word of', 'a notice of, a hint about'],
  ['without a word', 'silently'],
  ['lets? (?:it |them )?go(?: of)?', 'release, drop, discard'],
  ['by heart', 'cached'],
  ['tak(?:e|es|en|ing) back', 'roll back, withdraw, delete'],
  ['mend(?:s|ed|ing)?', 'fix, repair, recover'],
  ['made good', 'made up for, repaired'],
  ['(?:what|all) there is', 'the data, all rows, the state'],
  ['who is (?:here|there)', 'presence, who is online'],
  ['how things stood', 'a snapshot, the saved state'],
  ['no more than this', 'only this'],
  ['all the same', 'nevertheless, anyway'],
  ['reads too slowly', 'is a slow consumer'],
  ['what (?:becomes|became) of', 'the outcome of, what happens to'],
  ['befall(?:s|en)?', 'happens to, faults of'],
  ['what (?:was|is) said', 'the message, the text'],
  ['(?<!there )(?:is|are) none', 'is not one, is invalid, does not exist'],
  ['(?:is|are) no more', 'was deleted, no longer exists'],
  ['what is no(?! longer)', 'an invalid …, anything but …'],
  ['in the place of', 'instead of'],
  ['hangs? on', 'depends on'],
  ['goes on|go on', 'continues, resumes'],
  ['manieth', 'the nth'],
  ['anew|afresh', 'again, fresh, new']
]

/** The word list and its test. */
const quoting = new Set(['scripts/check-words.ts', 'test/server/check-words.test.ts'])
const repository = join(import.meta.dirname, '..')
const checked = /\.(?:[jt]sx?|css|md|html|json|ya?ml|po|sh|conf|service)$|(?:^|\/)Caddyfile$/
const generated = /(?:^|\/)package-lock\.json$|^docs\/benchmarks\/|^test\/fixtures\/version-/

/** A word that is not to be used: its line (from 1), the word as written, and what to write instead. */
export type Finding = { line: number; word: string; instead: string }

const gap = String.raw`(?:\s+(?:\*|//|#)?\s*)`
const patterns = replacements.map(([pattern]) => `(${pattern.replaceAll(' ', gap)})`)
const any = new RegExp(String.raw`\b(?:${patterns.join('|')})(?![\p{L}\p{N}_])`, 'giu')

/** Returns the words in a text that are not to be used, in order. */
export function findWords(text: string): Finding[] {
  return Array.from(text.matchAll(any), (match) => ({
    line: text.slice(0, match.index).split('\n').length,
    word: match[0].replaceAll(new RegExp(gap, 'g'), ' '),
    instead: replacements[match.slice(1).findIndex((group) => group !== undefined)]![1]
  }))
}

if (import.meta.main) {
  const named = process.argv.slice(2)
  const list = () =>
    execFileSync('git', ['ls-files'], { cwd: repository, encoding: 'utf8' }).trim().split('\n')
  const files =
    named.length > 0 ? named : list().filter((file) => checked.test(file) && !generated.test(file))
  let count = 0
  for (const file of files) {
    if (quoting.has(file)) continue
    const findings = findWords(readFileSync(resolve(repository, file), 'utf8'))
    for (const { line, word, instead } of findings) {
      console.error(`${file}:${line}: "${word}": write ${instead}`)
      count++
    }
  }
  process.exitCode = count > 0 ? 1 : 0
}
