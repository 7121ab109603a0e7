/** How many colours avatars have; `ui/avatar.css` gives them. */
export const colourCount = 8

/** The colour of a name, the same everywhere and for ever. */
export function colourOf(name: string): number {
  let hash = 0
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)!) >>> 0
  return hash % colourCount
}
