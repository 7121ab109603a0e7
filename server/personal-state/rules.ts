import type { FieldProblem } from '@parley/contract/field-problems'
import { personalDepthMax, personalOverheadBytes, personalValueMaxBytes } from '@parley/contract/limits'
import { isPersonalKind, personalKeyPattern, personalKinds } from '@parley/contract/personal-state'

/** Why there is no such kind; null where there is. */
export function kindProblem(kind: string): FieldProblem | null {
  return isPersonalKind(kind) ? null : { code: 'not_one_of', values: personalKinds }
}

/** Why a text is no key; null where it is one. */
export function keyProblem(key: string): FieldProblem | null {
  return personalKeyPattern.test(key) ? null : { code: 'invalid_format', format: 'personal_key' }
}

/** Why a value cannot be kept; null where it can. Its fields are not looked at: those depend on its kind. */
export function valueProblem(value: unknown): FieldProblem | null {
  const problem = flawOf(value, 0)
  if (problem) return problem
  if (Buffer.byteLength(JSON.stringify(value)) <= personalValueMaxBytes) return null
  return { code: 'too_large', maxBytes: personalValueMaxBytes }
}

/** What a value counts of its owner's space, in bytes. `json` is null of a deleted one, which counts nothing. */
export function bytesOf(key: string, json: string | null): number {
  return json === null ? 0 : personalOverheadBytes + key.length + Buffer.byteLength(json)
}

/** Bounds the depth first: JSON.stringify would run out of stack. */
function flawOf(value: unknown, depth: number): FieldProblem | null {
  if (depth > personalDepthMax) return { code: 'too_deep', max: personalDepthMax }
  if (typeof value === 'string') return isPlain(value) ? null : { code: 'invalid_characters' }
  // JSON has no infinity: 1e999 would be stored as null.
  if (typeof value === 'number' && !Number.isFinite(value)) return { code: 'invalid' }
  if (typeof value !== 'object' || value === null) return null
  for (const [key, each] of Object.entries(value)) {
    const problem = flawOf(key, depth) ?? flawOf(each, depth + 1)
    if (problem) return problem
  }
  return null
}

function isPlain(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
