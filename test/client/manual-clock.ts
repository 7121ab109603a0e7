import type { Clock } from '@parley/client/clock'

/** A clock that a test moves: `advance` runs what is due, in order, and lets promises settle in between. */
export type ManualClock = Clock & {
  advance(ms: number): Promise<void>
  /** How long the nearest timer still has, ms; null where none is set. */
  readonly nextMs: number | null
  readonly timers: number
}

export function manualClock(): ManualClock {
  let now = 0
  let timers: { at: number; callback: () => void }[] = []
  const nearest = () => timers.reduce((a, b) => (b.at < a.at ? b : a), timers[0]!)
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      while (timers.length > 0 && nearest().at <= end) {
        const due = nearest()
        now = due.at
        timers = timers.filter((other) => other !== due)
        due.callback()
        await settle()
      }
      now = end
    },
    get nextMs() {
      return timers.length > 0 ? nearest().at - now : null
    },
    get timers() {
      return timers.length
    }
  }
}

/** Lets every promise that can settle without time do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
