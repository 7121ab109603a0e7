import { LinkifyIt } from 'linkify-it'

/** A piece of a text; with an address it is a link. */
export type Piece = { text: string; href: string | null }

const linkify = new LinkifyIt({ fuzzyLink: true, fuzzyIP: false })
const safe = /^(https?:\/\/|mailto:)/i

/** Cuts a text at its links. Only web and mail addresses become links, whatever else a text may hold. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const { index, lastIndex, url, text: shown } of linkify.match(text) ?? []) {
    if (!safe.test(url)) continue
    if (index > end) pieces.push({ text: text.slice(end, index), href: null })
    pieces.push({ text: shown, href: url })
    end = lastIndex
  }
  if (end < text.length) pieces.push({ text: text.slice(end), href: null })
  return pieces
}
