/**
 * A node's presence message to the others. `seq` counts the node's changes; a node that misses one asks for the whole. Times are
 * ms: `at` is when it was published, and each entry of `left` has when that user went offline.
 */
export type PresenceUpdate =
  | { node: string; wants: string }
  | {
      node: string
      seq: number
      at: number
      whole: boolean
      came: number[]
      left: [userId: number, at: number][]
    }

export function encodeUpdate(update: PresenceUpdate): string {
  return JSON.stringify(update)
}

/** What another node said; null where it is not understood. */
export function decodeUpdate(text: string): PresenceUpdate | null {
  let said: Record<string, unknown> | null
  try {
    said = JSON.parse(text) as Record<string, unknown> | null
  } catch {
    return null
  }
  const { node, wants, seq, at, whole, came, left } = said ?? {}
  if (typeof node !== 'string') return null
  if (typeof wants === 'string') return { node, wants }
  if (!isWhole(seq) || !isTime(at) || typeof whole !== 'boolean') return null
  if (!isListOf(came, isWhole) || !isListOf(left, isLeaver)) return null
  return { node, seq, at, whole, came, left }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** One that `Date` takes. */
function isTime(value: unknown): value is number {
  return isWhole(value) && Math.abs(value) <= 8.64e15
}

function isLeaver(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && isWhole(value[0]) && isTime(value[1])
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(isItem)
}
