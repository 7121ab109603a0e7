/** Whether a text is one emoji, as people see them: families, flags and skin tones are one each (Unicode's RGI set). */
export function isEmoji(text: string): boolean {
  return /^\p{RGI_Emoji}$/v.test(text)
}
