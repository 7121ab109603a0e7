import { mentionsMax } from '@parley/contract/limits'
import type { FoundExtras } from '../storage/store.ts'
import { usernameKey } from './people.ts'

// Not within a word or an address: me@example.com names nobody.
const mention = /(?<![\p{L}\p{N}\p{M}_.-])@([\p{L}\p{N}][\p{L}\p{N}\p{M}_.-]*)/gu

/**
 * The names that a text may mention, each as the keys that are tried in turn: in "@jane." a full stop may end the
 * sentence or the name.
 */
export function mentionedKeys(content: string): string[][] {
  if (!content.includes('@')) return []
  const names = Array.from(content.matchAll(mention), ([, name]) => usernameKey(name!))
  return [...new Set(names)].slice(0, mentionsMax).map((name) => {
    const bare = name.replace(/[_.-]+$/u, '')
    return bare === name ? [name] : [name, bare]
  })
}

/** Whom a text mentions, of those who were found: a name that is nobody's is text. */
export function mentionsAmong(names: string[][], people: FoundExtras['people']): string[] {
  const known = new Map(people)
  const ids = names.map((keys) => known.get(keys.find((key) => known.has(key)) ?? ''))
  return [...new Set(ids.filter((id) => id !== undefined))]
}
