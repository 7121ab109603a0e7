import type { StormLink } from './storm-link.ts'
import { pause, type Random, type StormRecord } from './storm-record.ts'

/** Longer than a stream may be quiet in a storm: its reader takes it for dead. */
export const silenceMs = 5_000

/** What befalls one stream; `stall` and `sign out` are its reader's own to do. */
export type Fate = {
  readonly is: 'stall' | 'sign out' | 'done to it'
  /** The stream is over. */
  end(): void
}

/** Sets what befalls the stream that is opened next. `where` says whose it is and how far it got. */
export function startFate(record: StormRecord, link: StormLink, random: Random, where: () => string): Fate {
  const roll = record.calm ? 1 : random()
  const amount = random()
  const afterMs = 50 + random() * 1_500
  const cutsBefore = link.cuts
  let over = false
  const later = async (ms: number, fault: string, befall: () => void) => {
    await pause(ms)
    if (over || record.calm) return
    record.inject(fault, where())
    befall()
  }
  const cutLater = (ms: number) => void later(ms, 'stream cut', () => link.cut())

  link.suffer({})
  if (roll < 0.15) link.suffer({ cutAfterBytes: Math.floor(amount * 20_000) })
  else if (roll < 0.3) cutLater(afterMs)
  else if (roll < 0.4) {
    record.inject('stream throttled', where())
    link.suffer({ bytesPerSecond: 500 + amount * 20_000 })
  } else if (roll < 0.5) {
    record.inject('stream delayed', where())
    link.suffer({ delayMs: 1 + amount * 200 })
  } else if (roll < 0.58) {
    void later(afterMs, 'stream silent (half-open)', () => link.suffer({ silent: true }))
  }
  // Those that are slow stay longer, and are cut in the end like the others.
  if ((roll >= 0.3 && roll < 0.5) || (roll >= 0.58 && roll < 0.66)) cutLater(3 * afterMs)
  return {
    is: roll >= 0.58 && roll < 0.66 ? 'stall' : roll >= 0.66 && roll < 0.76 ? 'sign out' : 'done to it',
    end() {
      over = true
      if (link.cuts > cutsBefore) record.inject('stream cut at a byte', where())
    }
  }
}
