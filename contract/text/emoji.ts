/** UTF-16 units in the longest emoji, and room for the variation selectors that some keyboards add. */
const maxLength = 64
const variationSelectors = /[\ufe0e\ufe0f]/g
/** Characters that are drawn as text unless U+FE0F follows; a skin tone makes them emoji, too. */
const textual = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu
let oneEmoji: RegExp | undefined

/**
 * The emoji that a text is, as Unicode lists it (RGI, fully qualified); null where it is not exactly one. Families, flags and
 * skin tones are one each. Variation selectors make no difference: `❤`, `❤\ufe0e` and `❤\ufe0f` are the same.
 */
export function emojiOf(text: string): string | null {
  if (text.length > maxLength) return null
  // Made when it is needed: browsers that do not know the flag `v` can still load this file.
  oneEmoji ??= new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v')
  const qualified = text.replace(variationSelectors, '').replace(textual, '$&\ufe0f')
  return oneEmoji.test(qualified) ? qualified : null
}

/** Whether two emoji differ in their variation selectors at most. */
export function isSameEmoji(a: string, b: string): boolean {
  return a === b || a.replace(variationSelectors, '') === b.replace(variationSelectors, '')
}
