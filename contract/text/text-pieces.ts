import { bareHostAt, mailAt, mailtoAt, urlAt, wwwAt, type Address } from './links.ts'
import { mentionsMax } from '../limits.ts'
import { mentionFrom, type Mention } from './mentions.ts'

/** A piece of a text: words, a link, or a mentioned username. Together they are the text. */
export type TextPiece =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mention'; text: string; key: string }

type Token = Address | Mention

/** Where an address or a mention may be: all that is read from here is read once. */
const trigger = /:\/\/|mailto:|www\.|[@\uff20\ufe6b]|\.(?=[\p{L}\p{N}])/giu

/** Addresses and possible mentions in a text, in order, found in linear time. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let readTo = 0
  let hostsReadTo = 0
  for (const { 0: sign, index } of text.matchAll(trigger)) {
    if (index < readTo || (sign === '.' && index < hostsReadTo)) continue
    const found = tokenAt(text, sign, index, sign === '.' ? Math.max(readTo, hostsReadTo) : readTo)
    if (!found) continue
    // A host that is no address may be the local part of a mail address.
    if (found.start === found.end) {
      hostsReadTo = found.end
      continue
    }
    readTo = found.end
    tokens.push(found)
  }
  return tokens
}

function tokenAt(text: string, sign: string, at: number, from: number): Token | null {
  switch (sign) {
    case '://':
      return urlAt(text, at, from)
    case '.':
      return bareHostAt(text, at, from)
    case '@':
      return mailAt(text, at, from) ?? mentionFrom(text, at)
    default:
      if (sign.length === 1) return mentionFrom(text, at)
      return sign.length === 4 ? wwwAt(text, at, from) : mailtoAt(text, at, from)
  }
}

/** Cuts a text at its links, and at the mentions of names whose key is among `known`. */
export function piecesOf(text: string, known: ReadonlySet<string>): TextPiece[] {
  const pieces: TextPiece[] = []
  let end = 0
  function add(start: number, piece: Exclude<TextPiece, { kind: 'text' }>): void {
    if (start > end) pieces.push({ kind: 'text', text: text.slice(end, start) })
    pieces.push(piece)
    end = start + piece.text.length
  }
  for (const token of tokensOf(text)) {
    if ('names' in token) {
      const name = token.names.find(({ key }) => known.has(key))
      if (name) add(token.start, { kind: 'mention', text: text.slice(token.start, name.end), key: name.key })
    } else if (token.href !== null) {
      add(token.start, { kind: 'link', text: text.slice(token.start, token.end), href: token.href })
    }
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) })
  return pieces
}

/**
 * The names that a text may mention, `mentionsMax` different ones at most, each as the keys that it may have, longest name
 * first: the first key that a user has is the mention.
 */
export function mentionedKeys(text: string): string[][] {
  // Most messages have no sign that could start a mention, and are not read.
  if (!text.includes('@') && !text.includes('\uff20') && !text.includes('\ufe6b')) return []
  const found = new Map<string, string[]>()
  for (const token of tokensOf(text)) {
    if (!('names' in token)) continue
    const keys = token.names.map(({ key }) => key)
    if (keys.length > 0) found.set(keys.join(' '), keys)
    if (found.size === mentionsMax) break
  }
  return [...found.values()]
}

/** Whether a character of a text stands within an address. */
export function isWithinAddress(text: string, at: number): boolean {
  return tokensOf(text).some((token) => 'href' in token && token.start <= at && at < token.end)
}
