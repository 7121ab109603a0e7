import type { Message } from '@parley/contract/entities'
import type { LinkFaults } from '../harness/tcp-proxy.ts'
import { openStormLink, type Storm } from './storm-link.ts'
import { pause, randomOf } from './storm-record.ts'

type Options = { storm: Storm; name: string; number: number; token: string; conversationId: string }

/** A key that a test can read: whose it is, and the how manieth. */
export function keyOf(number: number, n: number): string {
  return `00000000-0000-4000-8000-${(number * 2 ** 32 + n).toString(16).padStart(12, '0')}`
}

/** Sends message after message, each with the same key until it is acknowledged; resolves in the calm. */
export async function runWriter({ storm, name, number, token, conversationId }: Options): Promise<void> {
  const { record } = storm
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)
  const path = `/api/conversations/${conversationId}/messages`
  let position = 0

  /** One attempt; false when there was no answer that counts. */
  async function attempt(n: number, timeoutMs = 10_000): Promise<boolean> {
    const clientId = keyOf(number, n)
    const content = `${name}: message ${n}`
    const question = { method: 'POST', path, token, body: { content, clientId }, expected: [201], timeoutMs }
    const answer = await link.ask<Message>(question)
    if (!answer) return false
    if (answer.body.content !== content)
      record.violate(`${name} sent ${content}, stored is ${answer.body.content}`)
    record.acknowledge(clientId, answer.body)
    return true
  }
  /** An attempt whose answer suffers. What the proxy held back arrives in the end, after its own retry perhaps. */
  async function attemptThrough(faults: LinkFaults, n: number, timeoutMs?: number): Promise<void> {
    link.suffer(faults)
    await attempt(n, timeoutMs)
    link.suffer({})
  }

  for (let n = 1; !record.calm && !record.broken; n++) {
    const fate = random()
    const amount = random()
    const which = `${name}, message ${n}`
    if (fate < 0.04) {
      const before = link.cuts
      await attemptThrough({ cutAfterBytes: Math.floor(amount * 700) }, n)
      if (link.cuts > before) record.inject('answer cut at a byte', which)
    } else if (fate < 0.07) {
      record.inject('key sent twice at once', which)
      await Promise.all([attempt(n), attempt(n)])
    } else if (fate < 0.08) {
      record.inject('answer silent (half-open)', which)
      await attemptThrough({ silent: true }, n, 50 + amount * 500)
    } else if (fate < 0.1) {
      record.inject('answer delayed', which)
      await attemptThrough({ delayMs: 1 + amount * 200 }, n)
    } else if (fate < 0.11) {
      record.inject('answer throttled', which)
      await attemptThrough({ bytesPerSecond: 500 + amount * 5_000 }, n)
    }
    const acknowledged = () => record.acknowledged.get(keyOf(number, n))
    while (!acknowledged() && !record.broken && !(await attempt(n))) await pause(random() * 100)
    // Sent after the one before was acknowledged.
    const now = acknowledged()?.position ?? Infinity
    if (now <= position) record.violate(`${which} is at ${now}, the one before it at ${position}`)
    position = now
    if (fate > 0.97 && n > 1) {
      record.inject('old key sent again', name)
      await attempt(1 + Math.floor(random() * (n - 1)))
    }
    await pause(random() * 10)
  }
  await link.close()
}
