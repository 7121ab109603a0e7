import { isMentionStart } from '@parley/contract/text/mentions'
import { isWithinAddress } from '@parley/contract/text/text-pieces'
import { atSigns, usernameCharacters, usernameKey } from '@parley/contract/usernames'

/** Characters before the caret that are searched for an `@`: more than a name has. */
const searchedMax = 200
const unfinished = new RegExp(`[${atSigns}]([${usernameCharacters}]*)$`, 'u')

/** A name that the user is typing after an `@`, and the position of the `@`. */
export type Begun = { start: number; search: string }

/** The mention that ends at the caret, or null. */
export function mentionAt(text: string, caret: number): Begun | null {
  const search = unfinished.exec(text.slice(Math.max(0, caret - searchedMax), caret))?.[1]
  if (search === undefined) return null
  const start = caret - search.length - 1
  return isMentionStart(text, start) && !isWithinAddress(text.slice(0, caret), start)
    ? { start, search }
    : null
}

/** The text with the name written out, and where the caret stands then. */
export function completeMention(text: string, caret: number, { start }: Begun, name: string) {
  const after = text.slice(caret)
  const written = `@${name}${after.startsWith(' ') ? '' : ' '}`
  const completed = text.slice(0, start) + written + after
  return { text: completed, caret: start + name.length + 2 }
}

/** Names that match what was begun, at most eight: first those that start with it, then those that contain it. */
export function fittingNames<Named>(
  people: readonly Named[],
  search: string,
  nameOf: (each: Named) => string
) {
  if (search.length > searchedMax) return []
  const wanted = usernameKey(search)
  const name = (each: Named) => usernameKey(nameOf(each))
  const starts = people.filter((each) => name(each).startsWith(wanted))
  const holds = people.filter((each) => !name(each).startsWith(wanted) && name(each).includes(wanted))
  return [...starts, ...holds].slice(0, 8)
}
