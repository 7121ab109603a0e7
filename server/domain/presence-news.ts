/**
 * What nodes tell each other of who is here, in an order that each node counts by itself: `seq` is the number of its
 * changes so far. Whoever misses one asks for the whole.
 */
export type PresenceNews =
  | { node: string; wants: string }
  | { node: string; seq: number; whole: boolean; came: number[]; left: number[] }

export function encodeNews(news: PresenceNews): string {
  return JSON.stringify(news)
}

/** What another node said; null where it is not understood. */
export function decodeNews(text: string): PresenceNews | null {
  let said: Record<string, unknown> | null
  try {
    said = JSON.parse(text) as Record<string, unknown> | null
  } catch {
    return null
  }
  const { node, wants, seq, whole, came, left } = said ?? {}
  if (typeof node !== 'string') return null
  if (typeof wants === 'string') return { node, wants }
  if (!Number.isSafeInteger(seq) || typeof whole !== 'boolean' || !areIds(came) || !areIds(left)) return null
  return { node, seq: seq as number, whole, came, left }
}

function areIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each))
}
