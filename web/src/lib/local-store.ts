/** Small strings that this browser keeps; in memory where it keeps none, as in some private windows. */
const memory = new Map<string, string>()

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? memory.get(key) ?? null
  } catch {
    return memory.get(key) ?? null
  }
}

/** Keeps a value; an empty one is forgotten. */
export function keep(key: string, value: string): void {
  memory.delete(key)
  try {
    if (value === '') localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    if (value !== '') memory.set(key, value)
  }
}
