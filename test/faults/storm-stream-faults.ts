import type { StormLink } from './storm-link.ts'
import { pause, type Random, type StormRecord } from './storm-record.ts'

/** Longer than a stream may be quiet in a storm, ms: its reader considers it dead. */
export const silenceMs = 5_000

/** The faults of one stream; the reader itself performs `stall` and `sign out`. */
export type StreamFaults = {
  readonly action: 'stall' | 'sign out' | 'none'
  /** Call it when the stream has ended. */
  end(): void
}

/** Injects faults into the next stream. `where` describes the stream's owner and progress. */
export function injectStreamFaults(
  record: StormRecord,
  link: StormLink,
  random: Random,
  where: () => string
): StreamFaults {
  const roll = record.calm ? 1 : random()
  const amount = random()
  const afterMs = 50 + random() * 1_500
  const cutsBefore = link.cuts
  let over = false
  const later = async (ms: number, fault: string, inject: () => void) => {
    await pause(ms)
    if (over || record.calm) return
    record.inject(fault, where())
    inject()
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
  // Slow streams stay longer and are cut in the end like the others.
  if ((roll >= 0.3 && roll < 0.5) || (roll >= 0.58 && roll < 0.66)) cutLater(3 * afterMs)
  return {
    action: roll >= 0.58 && roll < 0.66 ? 'stall' : roll >= 0.66 && roll < 0.76 ? 'sign out' : 'none',
    end() {
      over = true
      if (link.cuts > cutsBefore) record.inject('stream cut at a byte', where())
    }
  }
}
