/** How long to wait before the next try, in ms: at least `floorMs`, and no two clients alike. */
export type Backoff = { baseMs: number; capMs: number }

/**
 * Full jitter: anything between nothing and a bound that doubles with each failed attempt (counted from 0), so that
 * clients cut off together do not come back together. `floorMs` is what the server asked for.
 */
export function backoffMs(
  { baseMs, capMs }: Backoff,
  attempt: number,
  random: () => number,
  floorMs = 0
): number {
  return floorMs + random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30))
}
