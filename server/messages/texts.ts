import { directional, isBlank } from '@parley/contract/text/characters'

const brokenLine = new RegExp(String.raw`[\p{Cc}\p{Zl}\p{Zp}${directional}]`, 'u')

/** Why a trimmed text is no good, in words that follow its name; null where it is. Lengths are code points. */
export function textProblem(text: string, maxLength: number): string | null {
  if (text === '') return 'must not be empty'
  // A code point takes one or two UTF-16 units: most texts need no count.
  const fits =
    text.length <= maxLength || (text.length <= 2 * maxLength && Array.from(text).length <= maxLength)
  if (!fits) return `must not be longer than ${maxLength} characters`
  return isBlank(text) ? 'must contain a visible character' : null
}

/** The same for what stands in one line: no line breaks, no control characters, nothing that turns the direction of text. */
export function lineProblem(text: string, maxLength: number): string | null {
  const problem = textProblem(text, maxLength)
  if (problem) return problem
  return brokenLine.test(text) ? 'must be one line without control characters' : null
}
