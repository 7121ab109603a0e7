import { lettersOfEmoji, unspaced } from './text/characters.ts'
import { usernameMaxLength } from './limits.ts'

/** Characters that a username may have after its first one, for use inside `[…]`. */
export const usernameCharacters = String.raw`\p{L}\p{N}\p{M}_.-`

/** Signs that may precede a username: `@` and its full-width and small forms. */
export const atSigns = '@\uff20\ufe6b'

/**
 * What two usernames share when they are the same name: `JOHN` is `john`, `ﬁ` is `fi`, `İr` is `ir`, and a final sigma is a
 * sigma. Its length is not that of the name.
 */
export function usernameKey(username: string): string {
  const lower = username.normalize('NFKC').toLowerCase()
  // Lower case of `İ` is `i` and a dot, and may leave marks that form one character with their letter.
  return lower.replaceAll('i\u0307', 'i').replaceAll('ς', 'σ').normalize('NFKC')
}

/** The key of a username as people type it, with spaces around it or an `@` before it. */
export function typedUsernameKey(typed: string): string {
  return usernameKey(nameIn(typed))
}

/** The key that Parley 0.1 made of a username as people type it. */
export function keyBefore(typed: string): string {
  return nameIn(typed).normalize('NFKC').toLowerCase()
}

function nameIn(typed: string): string {
  const name = typed.trim()
  return name !== '' && atSigns.includes(name[0]!) ? name.slice(1) : name
}

/** A name that stands after an `@`, and where it ends in the text. */
export type WrittenName = { end: number; key: string }

const nameRun = new RegExp(
  String.raw`(?!${lettersOfEmoji})[\p{L}\p{N}](?:(?!${lettersOfEmoji})[${usernameCharacters}])*`,
  'uy'
)
const unspacedLetter = new RegExp(`[${unspaced}]`, 'u')
const mark = /\p{M}/u
const separator = /[_.-]/
const ignorable = /\p{Default_Ignorable_Code_Point}/u
const sentenceStart = /[\p{Lu}\p{Lt}\p{Lo}]/u
const uncased = /\p{Lo}/u
/** Characters of a run that are looked at: a decomposed name is up to three times as long. */
const lookedAt = 3 * usernameMaxLength + 3

/** Where the characters of a name that starts at `at` end; `at` where no name starts. */
export function endOfNameRun(text: string, at: number): number {
  nameRun.lastIndex = at
  return nameRun.test(text) ? nameRun.lastIndex : at
}

/**
 * The names that the characters from `start` to `end` may be, longest first: in `@jane.` a full stop may end the sentence or
 * the name, in `@benさん` the name ends where its script does, and in a script without spaces it may end anywhere. Each has
 * at most `usernameMaxLength` code points.
 */
export function namesAt(text: string, start: number, end: number): WrittenName[] {
  const run = Array.from(text.slice(start, Math.min(end, start + 2 * lookedAt))).slice(0, lookedAt)
  const names: WrittenName[] = []
  let at = start
  let inUnspaced = false
  for (let i = 0; i < run.length; i++) {
    const next = run[i]!
    if (i > 0 && mayEndBefore(run, i, inUnspaced)) add(at)
    if (!mark.test(next)) inUnspaced = unspacedLetter.test(next)
    at += next.length
  }
  if (at === end) add(at)
  return names.toReversed().filter(({ key }, i, all) => key !== all[i - 1]?.key)

  function add(end: number): void {
    const key = usernameKey(text.slice(start, end))
    if (key.length <= 2 * usernameMaxLength && Array.from(key).length <= usernameMaxLength)
      names.push({ end, key })
  }
}

/** Whether a name may end before the character at `i`; `inUnspaced`: the letter before it is of a script without spaces. */
function mayEndBefore(run: readonly string[], i: number, inUnspaced: boolean): boolean {
  const [before, next] = [run[i - 1]!, run[i]!]
  if (separator.test(before)) return false
  if (ignorable.test(next)) return true
  if (mark.test(next)) return false
  if (!separator.test(next)) return inUnspaced || unspacedLetter.test(next)
  // What follows a separator says whether it is one of the name's: `jane.doe`, but `ben.Thanks`, `ben...so` and `ben-さん`.
  const after = run[i + 1]
  if (after === undefined || separator.test(after) || unspacedLetter.test(after)) return true
  return next === '.' && sentenceStart.test(after) && !(uncased.test(after) && uncased.test(before))
}
