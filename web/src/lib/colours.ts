/** How many colours avatars have; `ui/tokens.css` has their hues. */
export const colourCount = 8

/** The colour of a name, the same everywhere and for ever. */
export function colourOf(name: string): number {
  // FNV-1a, then stirred as in MurmurHash3: names that are alike get different colours.
  let hash = 0x811c9dc5
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) % colourCount
}
