/** Gives a function that says whether something may pass: of each key once in `everyMs`. */
export function createThrottle(everyMs: number): (key: string) => boolean {
  /** When each key passed, by `performance.now()`; the oldest first, for none is put there twice. */
  const passed = new Map<string, number>()
  return function mayPass(key) {
    const now = performance.now()
    for (const [oldest, at] of passed) {
      if (now - at < everyMs) break
      passed.delete(oldest)
    }
    if (passed.has(key)) return false
    passed.set(key, now)
    return true
  }
}
