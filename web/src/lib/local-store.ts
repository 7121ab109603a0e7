/** Small strings that this browser keeps; in memory where it keeps none, as in some private windows. */
const memory = new Map<string, string>()

export function recall(key: string): string | null {
  try {
    // What could not be written is newer than what was.
    return memory.get(key) ?? localStorage.getItem(key)
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

/** Returns the keys that start with `prefix` and have a value. */
export function listKeys(prefix: string): string[] {
  const keys = new Set(memory.keys())
  try {
    for (const key of Object.keys(localStorage)) keys.add(key)
  } catch {
    // The store is unavailable: only memory holds the values.
  }
  return [...keys].filter((key) => key.startsWith(prefix))
}

/**
 * Calls `listener` with each key that starts with `prefix` and that another tab changed, until `signal` aborts; with null when it
 * emptied the store.
 */
export function watchKeys(
  prefix: string,
  listener: (key: string | null) => void,
  signal: AbortSignal | undefined
): void {
  const hear = ({ key }: StorageEvent) => {
    if (key !== null && !key.startsWith(prefix)) return
    // What another tab wrote is newer than what this one could not.
    if (key !== null) memory.delete(key)
    listener(key)
  }
  addEventListener('storage', hear, signal && { signal })
}

/** Deletes all values whose keys start with `prefix`, in both stores of the browser and in memory. */
export function forgetKeys(prefix: string): void {
  for (const key of memory.keys()) if (key.startsWith(prefix)) memory.delete(key)
  for (const storeOf of [() => localStorage, () => sessionStorage]) {
    try {
      const store = storeOf()
      for (const key of Object.keys(store)) if (key.startsWith(prefix)) store.removeItem(key)
    } catch {
      // There is no such store, so there is nothing in it.
    }
  }
}
