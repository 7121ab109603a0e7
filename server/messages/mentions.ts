import type { FoundExtras } from './extra-procedures.ts'

/**
 * The ids of the people whom a text mentions. `names` are those of `mentionedKeys`; a name that no participant has is text.
 */
export function mentionsAmong(names: string[][], people: FoundExtras['people']): string[] {
  const known = new Map(people)
  const ids = names.map((keys) => known.get(keys.find((key) => known.has(key)) ?? ''))
  return [...new Set(ids.filter((id) => id !== undefined))]
}
