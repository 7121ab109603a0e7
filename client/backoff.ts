/** Delay before a retry, ms: at least `floorMs`, randomized per client. */
export type Backoff = { baseMs: number; capMs: number }

/**
 * Returns a delay with full jitter: between 0 and a bound that doubles with each failed attempt (counted from
 * 0). Jitter keeps clients that were cut off together from reconnecting together. `floorMs` is the server's
 * `Retry-After`.
 */
export function backoffMs(
  { baseMs, capMs }: Backoff,
  attempt: number,
  random: () => number,
  floorMs = 0
): number {
  return floorMs + random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30))
}
