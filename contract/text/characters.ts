/**
 * Classes of characters, for use inside `[…]` of a regular expression with the flag `u`. Unicode's sets are subtracted with
 * the flag `v` only, which older browsers do not parse: nothing here needs it.
 */

/**
 * Scripts that write words without spaces between them, and Hangul, whose particles follow a name directly: no space is to be
 * expected before an `@` or an address in them, nor after a name. The last ones are marks and letters that several of them share.
 */
export const unspaced = [
  ...'Han Hira Kana Hang Bopo Thai Lao Khmr Mymr Tibt Yiii Tang Nshu Tale Talu Lana Tavt Ahom Java Bali Cham Bugi Batk'
    .split(' ')
    .map((script) => String.raw`\p{sc=${script}}`),
  String.raw`\u3006\u3031-\u3035\u303c\u30fc\uff70\uff9e\uff9f\ua9cf`
].join('')

/** A digit or letter that is the first character of an emoji (`1️⃣`, `ℹ️`); no name and no address continues with it. */
export const lettersOfEmoji = String.raw`\p{Emoji}(?:\ufe0f|\u20e3)`

/** Characters that are drawn as nothing, those that turn the direction of text among them. */
export const invisible = String.raw`\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\s\u2800\u{16fe4}\u{1d159}`

/** Signs that Unicode counts as format characters although they are drawn. */
const drawnFormats = String.raw`\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}`

/** Characters that turn the direction of the text around them, and of what follows. */
export const directional = String.raw`\u202a-\u202e\u2066-\u2069`

const drawn = new RegExp(`[^${invisible}]|[${drawnFormats}]`, 'u')

/** Whether a text shows nothing: empty, blank, or made of invisible characters. */
export function isBlank(text: string): boolean {
  // Most texts begin with a character that needs no search.
  const first = text.charCodeAt(0)
  return !(first > 0x20 && first < 0x7f) && !drawn.test(text)
}

/** The code point of a text that ends before `at`; empty at its start. */
export function characterBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1)
  return low >= 0xdc00 && low < 0xe000 && at > 1
    ? text.slice(at - 2, at)
    : text.slice(Math.max(0, at - 1), at)
}
