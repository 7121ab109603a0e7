import type { FieldProblem } from '@parley/contract/field-problems'
import { directional, isBlank } from '@parley/contract/text/characters'

const brokenLine = new RegExp(String.raw`[\p{Cc}\p{Zl}\p{Zp}${directional}]`, 'u')

/** What is wrong with a trimmed text; null if nothing is. Lengths are code points. */
export function textProblem(text: string, maxLength: number): FieldProblem | null {
  if (text === '') return { code: 'required' }
  // A code point takes one or two UTF-16 units: most texts need no count.
  const fits =
    text.length <= maxLength || (text.length <= 2 * maxLength && Array.from(text).length <= maxLength)
  if (!fits) return { code: 'too_long', max: maxLength }
  return isBlank(text) ? { code: 'no_visible_character' } : null
}

/** The same for what stands in one line: no line breaks, no control characters, nothing that turns the direction of text. */
export function lineProblem(text: string, maxLength: number): FieldProblem | null {
  const problem = textProblem(text, maxLength)
  if (problem) return problem
  return brokenLine.test(text) ? { code: 'not_one_line' } : null
}

/**
 * Returns the ids of the participants whom a text mentions, each once. `names` come from `mentionedKeys`; `people` are pairs of
 * a participant's name key and id. A name that no participant has is plain text.
 */
export function mentionsAmong(names: string[][], people: [key: string, id: string][]): string[] {
  const known = new Map(people)
  const ids = names.map((keys) => known.get(keys.find((key) => known.has(key)) ?? ''))
  return [...new Set(ids.filter((id) => id !== undefined))]
}
