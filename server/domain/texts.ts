/** Why a trimmed text is no good, in words that follow its name; null where it is. Lengths are code points. */
export function textProblem(text: string, maxLength: number): string | null {
  if (text === '') return 'must not be empty'
  // A code point takes one or two UTF-16 units: most texts need no count.
  const fits =
    text.length <= maxLength || (text.length <= 2 * maxLength && Array.from(text).length <= maxLength)
  return fits ? null : `must not be longer than ${maxLength} characters`
}
