import { characterBefore, unspaced } from './characters.ts'
import { atSigns, endOfNameRun, namesAt, type WrittenName } from '../usernames.ts'

/** An `@` and the names that may follow it, longest first. Without a name it is a handle of another service. */
export type Mention = { start: number; end: number; names: WrittenName[] }

const atSign = new RegExp(`[${atSigns}]`, 'u')
const spacedLetter = new RegExp(String.raw`(?![${unspaced}])[\p{L}\p{Nd}]`, 'u')
const mark = /[\p{Mn}\p{Mc}]/u
const hostLike = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i

/** The mention whose `@` is at `at`; null where none starts. */
export function mentionFrom(text: string, at: number): Mention | null {
  if (!isMentionStart(text, at)) return null
  const start = at + 1
  let end = endOfNameRun(text, start)
  if (end === start) return null
  if (text.startsWith('://', end))
    end -= /(?:https?)?$/i.exec(text.slice(Math.max(start, end - 5), end))![0].length
  const handleEnd = endOfHandle(text, end)
  return handleEnd === null
    ? { start: at, end, names: namesAt(text, start, end) }
    : { start: at, end: handleEnd, names: [] }
}

/**
 * Whether an `@` at `at` may start a mention: not within a word or after the name of an address. A script without spaces may
 * stand before it, and so may several dots, which end no such name.
 */
export function isMentionStart(text: string, at: number): boolean {
  if (text.startsWith('..', at - 2) && at > 1) return true
  let before = at
  while (before > 0 && /[._+-]/.test(text[before - 1]!)) before--
  // The end of an emoji that starts with a letter: `ℹ️@ben`.
  if (before > 0 && text[before - 1] === '\ufe0f') return true
  while (before > 0 && mark.test(characterBefore(text, before)))
    before -= characterBefore(text, before).length
  return before === 0 || !spacedLetter.test(characterBefore(text, before))
}

/** Returns where an address like `@ben@social.example` ends whose name ends at `end`; null if there is no such address. */
function endOfHandle(text: string, end: number): number | null {
  if (end >= text.length || !atSign.test(text[end]!) || text[end - 1] === '.') return null
  const hostEnd = endOfNameRun(text, end + 1)
  if (hostEnd === end + 1) return null
  const joined = !isMentionStart(text, end) || hostLike.test(text.slice(end + 1, hostEnd))
  return joined ? hostEnd : null
}
