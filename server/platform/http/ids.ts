import { Problem, type PlainCode } from '@parley/contract/problems'

/** Returns the number of an id. Throws `code`, a 404, for an invalid id. */
export function parseId(text: string, code: PlainCode): number {
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(id)) return id
  throw new Problem(code)
}

/** The same for an id that may be missing. */
export function parseOptionalId(text: string | undefined, code: PlainCode): number | undefined {
  return text === undefined ? undefined : parseId(text, code)
}
