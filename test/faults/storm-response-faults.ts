import type { LinkFaults } from '../harness/tcp-proxy.ts'
import type { StormLink } from './storm-link.ts'
import type { Random, StormRecord } from './storm-record.ts'

/**
 * Breaks the response of an occasional attempt. A response that the proxy held back still arrives, possibly
 * after its retry. Returns false if it injected no fault and made no attempt.
 */
export async function attemptWithFault(
  { record, link, random }: { record: StormRecord; link: StormLink; random: Random },
  which: string,
  attempt: (timeoutMs?: number) => Promise<unknown>
): Promise<boolean> {
  const roll = random()
  const amount = random()
  const under = async (faults: LinkFaults, timeoutMs?: number) => {
    link.suffer(faults)
    await attempt(timeoutMs)
    link.suffer({})
  }
  if (roll < 0.04) {
    const before = link.cuts
    await under({ cutAfterBytes: Math.floor(amount * 700) })
    if (link.cuts > before) record.inject('answer cut at a byte', which)
  } else if (roll < 0.05) {
    record.inject('answer silent (half-open)', which)
    await under({ silent: true }, 50 + amount * 500)
  } else if (roll < 0.07) {
    record.inject('answer delayed', which)
    await under({ delayMs: 1 + amount * 200 })
  } else if (roll < 0.08) {
    record.inject('answer throttled', which)
    await under({ bytesPerSecond: 500 + amount * 5_000 })
  }
  return roll < 0.08
}
