import type { Clock } from '@parley/client/clock'

/** A clock moved by the test: `advance` runs due callbacks in order and lets promises settle in between. */
export type ManualClock = Clock & {
  advance(ms: number): Promise<void>
  /** Time until the next timer, ms; null without one. */
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

/** Resolves when all promises that need no time have settled. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
