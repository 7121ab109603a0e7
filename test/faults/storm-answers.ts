import type { LinkFaults } from '../harness/tcp-proxy.ts'
import type { StormLink } from './storm-link.ts'
import type { Random, StormRecord } from './storm-record.ts'

/**
 * Now and then the answer to an attempt suffers. What the proxy held back arrives in the end, after its own retry perhaps.
 * False where nothing befell it, and there was no attempt.
 */
export async function attemptBadly(
  { record, link, random }: { record: StormRecord; link: StormLink; random: Random },
  which: string,
  attempt: (timeoutMs?: number) => Promise<unknown>
): Promise<boolean> {
  const fate = random()
  const amount = random()
  const under = async (faults: LinkFaults, timeoutMs?: number) => {
    link.suffer(faults)
    await attempt(timeoutMs)
    link.suffer({})
  }
  if (fate < 0.04) {
    const before = link.cuts
    await under({ cutAfterBytes: Math.floor(amount * 700) })
    if (link.cuts > before) record.inject('answer cut at a byte', which)
  } else if (fate < 0.05) {
    record.inject('answer silent (half-open)', which)
    await under({ silent: true }, 50 + amount * 500)
  } else if (fate < 0.07) {
    record.inject('answer delayed', which)
    await under({ delayMs: 1 + amount * 200 })
  } else if (fate < 0.08) {
    record.inject('answer throttled', which)
    await under({ bytesPerSecond: 500 + amount * 5_000 })
  }
  return fate < 0.08
}
