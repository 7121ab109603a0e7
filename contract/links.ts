import { characterBefore, directional, invisible, unspaced } from './characters.ts'
import { imitates } from './look-alikes.ts'

/** An address in a text; one whose `href` is null must not become a link, and nothing in it is a name. */
export type Address = { start: number; end: number; href: string | null }

/**
 * Endings that make a bare `example.com` a link. No file type (`py`, `rs`, `sh`, `md`, `zip`) and no word that may follow a
 * full stop whose space was forgotten (`it`, `is`, `no`) is among them.
 */
const endings = new Set(
  [
    'com org net edu gov mil int info biz name museum coop aero asia eu dev io tv xyz online site tech shop blog cloud',
    'wiki chat social website store news space email agency studio',
    'de fr uk nl ch ca au nz jp kr cn tw hk ru ua cz sk se dk fi es hu ro bg gr tr il br mx ar za sg th vn',
    'рф укр бел 中国 中國 台灣 香港 한국'
  ].flatMap((line) => line.split(' '))
)

const labelMaxLength = 63
const hostMaxLength = 253
const localMaxLength = 64
const authorityMaxLength = 512

const spaced = String.raw`(?:(?![${unspaced}])[\p{L}\p{N}\p{M}_-])`
const spacedLetter = new RegExp(`^${spaced}$`, 'u')
const unspacedLetter = new RegExp(`^[${unspaced}\\p{M}]$`, 'u')
/** A host's label is of scripts with spaces, or of one without: in `example.com你好` the host ends after `com`. */
const label = new RegExp(`(?:${spaced}+|[${unspaced}][${unspaced}\\p{M}]*)`, 'uy')
const local = /[\p{L}\p{N}\p{M}._%+-]/u
const invisibleCharacter = new RegExp(`[${invisible}${directional}]`, 'u')
const bodyRun = /[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%\p{L}\p{N}\p{M}]*/uy
const authorityRun = /[A-Za-z0-9\-._~:[\]@!$&'()*+,;=%\p{L}\p{N}\p{M}]*/uy
const userinfo = /^[A-Za-z0-9\-._~!$&'()*+,;=:%@]*$/
const untilSpace = /\S*/y
/** A character that is not seen, and more of an address behind it. */
const hiddenWithin = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+[\p{L}\p{N}.-]/uy
const ipv6 = /\[[0-9a-f:.]{2,45}\]/iy
const port = /:\d{1,5}(?!\d)/y
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
  hiddenWithin.lastIndex = hostEnd
  if (hiddenWithin.test(text)) {
    untilSpace.lastIndex = hostEnd
    untilSpace.test(text)
    return { start, end: untilSpace.lastIndex, href: null }
  }
  if (hostEnd === host || deceives(text.slice(host, hostEnd))) return opaque()
  return finished(text, start, hostEnd, '')
}

/** The address that starts with the `www.` at `at`. */
export function wwwAt(text: string, at: number, from: number): Address | null {
  if (at > from && (isSpaced(characterBefore(text, at)) || /[@./:\\]/.test(text[at - 1]!))) return null
  const end = endOfHost(text, at)
  const host = text.slice(at, end)
  if (host.split('.').length < 3 || !isBareHost(text, end)) return null
  return deceives(host) ? opaqueFrom(text, at, end) : finished(text, at, end, 'http://')
}

/** The host whose first full stop is at `at`, as a link where its ending is well known. */
export function bareHostAt(text: string, at: number, from: number): Address | null {
  const start = startOfLabel(text, at, from)
  if (start === at || (start > 0 && /[@./:\\_]/.test(text[start - 1]!))) return null
  const end = endOfHost(text, start)
  // A part of an address of mail, which is read at its `@`, or of a longer word.
  if (end <= at || !isBareHost(text, end)) return { start: end, end, href: null }
  const host = text.slice(start, end)
  const known = endings.has(host.slice(host.lastIndexOf('.') + 1))
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
  return { start, end, href: deceives(host) ? null : `mailto:${text.slice(start, end)}` }
}

/** A link from `start` over its host, which ends at `hostEnd`, its port, path, query and fragment. */
function finished(text: string, start: number, hostEnd: number, scheme: string): Address {
  port.lastIndex = hostEnd
  const portEnd = port.test(text) ? port.lastIndex : hostEnd
  const more = portEnd < text.length && '/?#'.includes(text[portEnd]!)
  const end = more ? trimmed(text, start, endOf(bodyRun, text, portEnd)) : portEnd
  return { start, end, href: scheme + text.slice(start, end) }
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

/** Whether a host without a scheme may end here: nothing goes on that would make it a part of something else. */
function isBareHost(text: string, end: number): boolean {
  return end === text.length || !/[@_\uff20\ufe6b]/.test(text[end]!)
}

function deceives(host: string): boolean {
  return host.toLowerCase().split('.').some(imitates)
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
