import { characterBefore, directional, invisible, lettersOfEmoji, unspaced } from './characters.ts'
import { imitates } from './look-alikes.ts'

/** An address in a text; one whose `href` is null must not become a link, and nothing in it is a name. */
export type Address = { start: number; end: number; href: string | null }

/**
 * Endings that make a bare `example.com` a link. No file type (`py`, `rs`, `sh`, `md`, `zip`) and no word that may follow a
 * full stop whose space was forgotten (`it`, `is`, `no`) is among them, nor a usual name of a property (`user.name`).
 */
const endings = new Set(
  [
    'com org net edu gov mil int info biz museum coop aero asia eu dev io tv xyz online site tech shop blog cloud',
    'wiki chat social website news agency studio',
    'de fr uk nl ch ca au nz jp kr cn tw hk ru ua cz sk se dk fi es hu ro bg gr tr il br mx ar za sg th vn',
    'рф укр бел 中国 中國 台灣 香港 한국'
  ].flatMap((line) => line.split(' '))
)

const labelMaxLength = 63
const hostMaxLength = 253
const localMaxLength = 64
const authorityMaxLength = 512

const spaced = String.raw`(?:(?![${unspaced}\ufe0e\ufe0f]|${lettersOfEmoji})[\p{L}\p{N}\p{Mn}\p{Mc}_-])`
const spacedLetter = new RegExp(`^${spaced}$`, 'u')
const unspacedLetter = new RegExp(`^[${unspaced}\\p{M}]$`, 'u')
/** A host's label is of scripts with spaces, or of one without: in `example.com你好` the host ends after `com`. */
const label = new RegExp(`(?:${spaced}+|[${unspaced}][${unspaced}\\p{M}]*)`, 'uy')
const local = /[\p{L}\p{N}\p{M}._%+-]/u
const invisibleCharacter = new RegExp(`[${invisible}${directional}]`, 'u')
const bodyRun = new RegExp(
  String.raw`(?:(?!${lettersOfEmoji})[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%\p{L}\p{N}\p{Mn}\p{Mc}])*`,
  'uy'
)
const authorityRun = /[A-Za-z0-9\-._~:[\]@!$&'()*+,;=%\p{L}\p{N}\p{M}]*/uy
const userinfo = /^[A-Za-z0-9\-._~!$&'()*+,;=:%@]*$/
const untilSpace = /\S*/y
const unseen = String.raw`\p{Default_Ignorable_Code_Point}\p{Cf}`
/**
 * Matches what may follow a host that is only part of the visible or intended one: invisible characters, other forms of full
 * stops, an escape, symbols within a name, an invalid port, a password.
 */
const hostGoesOn = new RegExp(
  [
    String.raw`[${unseen}]+[\p{L}\p{N}.-]`,
    String.raw`[\uff0e\u2024\ufe52][\p{L}\p{N}]`,
    '%[0-9a-f]{2}',
    String.raw`[\p{So}\p{Sk}\p{M}${unseen}\u00b7\u0387_-]{1,64}[\p{L}\p{N}\p{M}_-]{0,${labelMaxLength}}\.[\p{L}\p{N}]`,
    String.raw`:\d{6}`,
    String.raw`:(?!\d{1,5}(?!\d))[^\s@]{1,${authorityMaxLength}}@\S`
  ].join('|'),
  'iuy'
)
/** The same before a host. */
const hostBegan = new RegExp(
  String.raw`(?:(?![${unspaced}])[\p{L}\p{N}\p{M}]|[.-])[${unseen}]+$|(?![\p{L}\p{M}])\p{Alphabetic}$`,
  'u'
)
/** What may not be a host's first character, although people may read it as one. */
const oddStart = new RegExp(String.raw`[\p{Alphabetic}\p{S}${unseen}]`, 'uy')
const ipv6 = /\[[0-9a-f:.]{2,45}\]/iy
const port = /:\d{1,5}(?!\d)/y
/** What no bare host follows: it would be a part of an address, a path or a name. */
const beforeHost = /[@\uff20\ufe6b./:\\_]/
const mailtoLocal = /[A-Za-z0-9._%+-]{1,64}@/y

/** The address whose `://` is at `at`; null where no scheme precedes it. Nothing before `from` belongs to it. */
export function urlAt(text: string, at: number, from: number): Address | null {
  let start = at
  while (start > from && at - start < 20 && /[a-z0-9+-]/i.test(text[start - 1]!)) start--
  while (start < at && !/[a-z]/i.test(text[start]!)) start++
  if (start === at) return null
  const opaque = () => ({ start, end: endOf(bodyRun, text, at + 3), href: null })
  if (!/^https?$/i.test(text.slice(start, at))) return opaque()
  const authorityEnd = endOf(authorityRun, text, at + 3)
  if (authorityEnd - at > authorityMaxLength) return opaque()
  const authority = text.slice(at + 3, authorityEnd)
  const user = authority.lastIndexOf('@')
  if (user !== -1 && !userinfo.test(authority.slice(0, user))) return opaque()
  const host = at + 3 + user + 1
  ipv6.lastIndex = host
  const hostEnd = ipv6.test(text) ? ipv6.lastIndex : endOfHost(text, host)
  oddStart.lastIndex = host
  if (goesOn(text, host, hostEnd) || (hostEnd === host && oddStart.test(text)))
    return opaqueUntilSpace(text, start, hostEnd)
  if (hostEnd === host || deceives(text.slice(host, hostEnd))) return opaque()
  return finished(text, start, hostEnd, '')
}

/** The address that starts with the `www.` at `at`. */
export function wwwAt(text: string, at: number, from: number): Address | null {
  if (at > from && (isSpaced(characterBefore(text, at)) || beforeHost.test(text[at - 1]!))) return null
  const end = endOfHost(text, at)
  const host = text.slice(at, end)
  if (host.split('.').length < 3 || !isBareHost(text, end)) return null
  if (goesOn(text, at, end) || hasBegun(text, at)) return opaqueUntilSpace(text, at, end)
  return deceives(host) ? opaqueFrom(text, at, end) : finished(text, at, end, 'http://')
}

/** The host whose first full stop is at `at`, as a link where its ending is well known. */
export function bareHostAt(text: string, at: number, from: number): Address | null {
  const start = startOfLabel(text, at, from)
  if (start === at || (start > 0 && beforeHost.test(text[start - 1]!))) return null
  const end = endOfHost(text, start)
  // A part of an address of mail, which is read at its `@`, or of a longer word.
  if (end <= at || !isBareHost(text, end)) return { start: end, end, href: null }
  const host = text.slice(start, end)
  const known = endings.has(host.slice(host.lastIndexOf('.') + 1))
  if (known && (goesOn(text, start, end) || hasBegun(text, start))) return opaqueUntilSpace(text, start, end)
  if (known && !deceives(host)) return finished(text, start, end, 'http://')
  return text[end] === '/' ? opaqueFrom(text, start, end) : { start: end, end, href: null }
}

/** The address of mail whose `@` is at `at`. */
export function mailAt(text: string, at: number, from: number): Address | null {
  let start = at
  while (start > from && at - start <= localMaxLength) {
    const character = characterBefore(text, start)
    if (!local.test(character) || (!/[._%+-]/.test(character) && !isSpaced(character))) break
    start -= character.length
  }
  if (at - start > localMaxLength) return null
  while (start < at && /[.%+-]/.test(text[start]!)) start++
  if (start === at || text[at - 1] === '.' || (start > 0 && /[@\uff20\ufe6b]/.test(text[start - 1]!)))
    return null
  return mailFrom(text, start, at)
}

/** The address that starts with the `mailto:` at `at`, with what its query says. */
export function mailtoAt(text: string, at: number, from: number): Address | null {
  if (at > from && isSpaced(characterBefore(text, at))) return null
  mailtoLocal.lastIndex = at + 'mailto:'.length
  if (!mailtoLocal.test(text)) return null
  const mail = mailFrom(text, at, mailtoLocal.lastIndex - 1)
  if (!mail?.href) return mail
  const end = text[mail.end] === '?' ? trimmed(text, at, endOf(bodyRun, text, mail.end)) : mail.end
  return { start: at, end, href: text.slice(at, end) }
}

function mailFrom(text: string, start: number, at: number): Address | null {
  const end = endOfHost(text, at + 1)
  const host = text.slice(at + 1, end)
  if (!/\.[\p{L}\p{M}]{2,}$|\.xn--[a-z0-9-]+$/iu.test(host) || text[end] === '@') return null
  if (goesOn(text, at + 1, end)) return opaqueUntilSpace(text, start, end)
  return { start, end, href: deceives(host) ? null : `mailto:${text.slice(start, end)}` }
}

/** A link from `start` over its host, which ends at `hostEnd`, its port, path, query and fragment. */
function finished(text: string, start: number, hostEnd: number, scheme: string): Address {
  // The full stop of a host that is complete (RFC 1034, 3.1).
  if (scheme === '' && /^\.[/?#]/.test(text.slice(hostEnd, hostEnd + 2))) hostEnd++
  port.lastIndex = hostEnd
  const portEnd = port.test(text) ? port.lastIndex : hostEnd
  const more = portEnd < text.length && '/?#'.includes(text[portEnd]!)
  const end = more ? trimmed(text, start, endOf(bodyRun, text, portEnd)) : portEnd
  // An address that browsers do not take: `https://256.1.1.1`, `https://example.com:65536`.
  const href = isUrl(scheme + text.slice(start, portEnd)) ? scheme + text.slice(start, end) : null
  return { start, end, href }
}

function isUrl(text: string): boolean {
  try {
    return new URL(text).hostname !== ''
  } catch {
    return false
  }
}

/** Whether the host from `start` to `end` is only a part of a longer one. */
function goesOn(text: string, start: number, end: number): boolean {
  hostGoesOn.lastIndex = end
  if (hostGoesOn.test(text)) return true
  // In one word without a full stop an ideographic one is the host's own: `https://example。com`.
  return /^[\u3002\uff61][a-z]/i.test(text.slice(end, end + 2)) && !/[.:]/.test(text.slice(start, end))
}

function hasBegun(text: string, at: number): boolean {
  return hostBegan.test(text.slice(Math.max(0, at - 8), at))
}

function opaqueUntilSpace(text: string, start: number, from: number): Address {
  untilSpace.lastIndex = from
  untilSpace.test(text)
  return { start, end: untilSpace.lastIndex, href: null }
}

function opaqueFrom(text: string, start: number, hostEnd: number): Address {
  return { start, end: endOf(bodyRun, text, hostEnd), href: null }
}

/** Where a run of characters that starts at `at` ends: before the first invisible one of them. */
function endOf(run: RegExp, text: string, at: number): number {
  run.lastIndex = at
  run.test(text)
  const cut = text.slice(at, run.lastIndex).search(invisibleCharacter)
  return cut === -1 ? run.lastIndex : at + cut
}

/** Where a host that starts at `at` ends; `at` where none does. */
function endOfHost(text: string, at: number): number {
  let end = at
  for (let next = at; next - at <= hostMaxLength;) {
    label.lastIndex = next
    if (!label.test(text)) break
    // Hyphens and underscores at the end of a label end the host before them.
    let labelEnd = label.lastIndex
    while (labelEnd > next && /[_-]/.test(text[labelEnd - 1]!)) labelEnd--
    if (labelEnd === next || text[next] === '-' || labelEnd - next > labelMaxLength) break
    end = labelEnd
    if (end < label.lastIndex || text[end] !== '.') break
    next = end + 1
  }
  return end - at > hostMaxLength || invisibleCharacter.test(text.slice(at, end)) ? at : end
}

/** Where the label before the full stop at `at` starts; `at` where there is none. */
function startOfLabel(text: string, at: number, from: number): number {
  let start = at
  const pattern = at > from && isSpaced(characterBefore(text, at)) ? spacedLetter : unspacedLetter
  while (start > from && pattern.test(characterBefore(text, start))) {
    start -= characterBefore(text, start).length
    if (at - start > labelMaxLength) return at
  }
  while (start < at && /[_-]/.test(text[start]!)) start++
  return start
}

/** Returns whether a host without a scheme may end here: the following text does not make it part of another word. */
function isBareHost(text: string, end: number): boolean {
  return end === text.length || !/[@_\uff20\ufe6b]/.test(text[end]!)
}

function deceives(host: string): boolean {
  // A dotless ı passes for an i where nothing around it is Turkish.
  if (/ı/.test(host) && !/[çğöşü]|\.tr$/i.test(host)) return true
  return host.split('.').some((name) => imitates(name) || imitates(name.toLowerCase()))
}

function isSpaced(character: string): boolean {
  return spacedLetter.test(character)
}

/** Takes from the end of a link what belongs to the sentence: punctuation, quotes, and brackets that it did not open. */
function trimmed(text: string, start: number, end: number): number {
  const link = text.slice(start, end)
  const surplus = (open: string, close: string) => link.split(close).length - link.split(open).length
  const over: Record<string, number> = { ')': surplus('(', ')'), ']': surplus('[', ']') }
  while (end > start) {
    const last = text[end - 1]!
    if (last in over) {
      if (over[last]!-- <= 0) break
    } else if (!/[.,;:!?'*]/.test(last)) break
    end--
  }
  return end
}
