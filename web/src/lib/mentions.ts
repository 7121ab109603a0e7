import type { Piece } from './links.ts'

const nameCharacter = /[\p{L}\p{N}\p{M}_.-]/u
const unfinished = /(?:^|[^\p{L}\p{N}\p{M}_.-])@([\p{L}\p{N}\p{M}_.-]*)$/u

/** A name that somebody has begun to write after an `@`, and where its `@` stands. */
export type Begun = { start: number; search: string }

/** The mention that ends at the caret, or null. */
export function mentionAt(text: string, caret: number): Begun | null {
  const search = unfinished.exec(text.slice(0, caret))?.[1]
  return search === undefined ? null : { start: caret - search.length - 1, search }
}

/** The text with the name written out, and where the caret stands then. */
export function completeMention(text: string, caret: number, { start }: Begun, name: string) {
  const after = text.slice(caret)
  const written = `@${name}${after.startsWith(' ') ? '' : ' '}`
  const completed = text.slice(0, start) + written + after
  return { text: completed, caret: start + name.length + 2 }
}

/** Names that fit what was begun, at most eight: first those that start so, then those that hold it. */
export function fittingNames<Named>(
  people: readonly Named[],
  search: string,
  nameOf: (each: Named) => string
) {
  const wanted = search.toLowerCase()
  const name = (each: Named) => nameOf(each).toLowerCase()
  const starts = people.filter((each) => name(each).startsWith(wanted))
  const holds = people.filter((each) => !name(each).startsWith(wanted) && name(each).includes(wanted))
  return [...starts, ...holds].slice(0, 8)
}

export type MentionPiece = Piece & { mention: boolean }

/** Marks in pieces of a text what mentions one of these people. Links stay what they are. */
export function withMentions(pieces: readonly Piece[], names: readonly string[]): MentionPiece[] {
  if (names.length === 0) return pieces.map((piece) => ({ ...piece, mention: false }))
  // The longest first: @ann is not a mention of an, who is here too.
  const sorted = names.toSorted((a, b) => b.length - a.length).map((name) => name.toLowerCase())
  return pieces.flatMap((piece) =>
    piece.href === null ? split(piece.text, sorted) : { ...piece, mention: false }
  )
}

function split(text: string, names: readonly string[]): MentionPiece[] {
  const pieces: MentionPiece[] = []
  const lower = text.toLowerCase()
  let end = 0
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const name = names.find((each) => lower.startsWith(each, at + 1) && endsThere(text, at + 1 + each.length))
    if (at < end || name === undefined || (at > 0 && nameCharacter.test(text[at - 1]!))) continue
    if (at > end) pieces.push({ text: text.slice(end, at), href: null, mention: false })
    end = at + 1 + name.length
    pieces.push({ text: text.slice(at, end), href: null, mention: true })
  }
  if (end < text.length) pieces.push({ text: text.slice(end), href: null, mention: false })
  return pieces
}

/** Dots and dashes after a name may end a sentence, and not belong to the name: as the server has it. */
function endsThere(text: string, at: number): boolean {
  return /^[_.-]*(?![\p{L}\p{N}\p{M}_.-])/u.test(text.slice(at))
}
