import { isStorageFault, refusalOf } from './failures.ts'

/** Hears that Postgres does not answer, with the reason, and once that it answers again. */
export type OnState = (state: 'ok' | 'away', reason: string) => void

/**
 * Watches what is asked of Postgres: puts what went wrong into the store's own words, says when Postgres goes and comes
 * back, and knows when all that was begun has ended.
 */
export function watchAvailability(onState: OnState) {
  const begun = new Set<Promise<unknown>>()
  let away = false

  function turn(nowAway: boolean, reason: string): void {
    if (away === nowAway) return
    away = nowAway
    onState(away ? 'away' : 'ok', reason)
  }

  async function answer<Result>(work: Promise<Result>): Promise<Result> {
    begun.add(work)
    try {
      const result = await work
      turn(false, '')
      return result
    } catch (error) {
      if (isStorageFault(error)) turn(true, String(error))
      throw refusalOf(error)
    } finally {
      begun.delete(work)
    }
  }
  return { answer, settled: () => Promise.allSettled(begun) }
}
