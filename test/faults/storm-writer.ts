import type { Message } from '@parley/contract/messages'
import { attemptWithFault } from './storm-response-faults.ts'
import { openStormLink, type Storm } from './storm-link.ts'
import { pause, randomOf } from './storm-record.ts'

type Options = { storm: Storm; name: string; number: number; token: string; conversationId: string }

/** Returns a readable key: its writer's number and the message's. */
export function keyOf(number: number, n: number): string {
  return `00000000-0000-4000-8000-${(number * 2 ** 32 + n).toString(16).padStart(12, '0')}`
}

/** Sends message after message, each with the same key until acknowledged; resolves in the calm. */
export async function runWriter({ storm, name, number, token, conversationId }: Options): Promise<void> {
  const { record } = storm
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)
  const path = `/api/conversations/${conversationId}/messages`
  let position = 0

  /** Makes one attempt; returns false without a valid response. */
  async function attempt(n: number, timeoutMs = 10_000): Promise<boolean> {
    const clientId = keyOf(number, n)
    const content = `${name}: message ${n}`
    record.facts.write(content)
    const question = { method: 'POST', path, token, body: { content, clientId }, expected: [201], timeoutMs }
    const answer = await link.ask<Message>(question)
    if (!answer) return false
    // Its sender may have edited or deleted it since.
    if (answer.body.version === undefined && answer.body.content !== content) {
      record.violate(`${name} sent ${content}, stored is ${answer.body.content}`)
    }
    record.acknowledge(clientId, answer.body)
    return true
  }

  const typing = `/api/conversations/${conversationId}/typing`
  const type = () => link.ask({ method: 'POST', path: typing, token, expected: [204] })

  for (let n = 1; !record.calm && !record.broken; n++) {
    const which = `${name}, message ${n}`
    if (random() < 0.1) await type()
    // More at once than a bucket holds, so that some are refused on a slow machine as well.
    if (storm.world.rateLimits && random() < 0.05) await Promise.all(Array.from({ length: 100 }, type))
    if (random() < 0.03) {
      record.inject('key sent twice at once', which)
      await Promise.all([attempt(n), attempt(n)])
    } else {
      await attemptWithFault({ record, link, random }, which, (timeoutMs) => attempt(n, timeoutMs))
    }
    const acknowledged = () => record.acknowledged.get(keyOf(number, n))
    while (!acknowledged() && !record.broken && !(await attempt(n))) await pause(random() * 100)
    // It was sent after the previous message was acknowledged.
    const now = acknowledged()?.position ?? Infinity
    if (now <= position) record.violate(`${which} is at ${now}, the previous one at ${position}`)
    position = now
    if (random() < 0.03 && n > 1) {
      record.inject('old key retried', name)
      await attempt(1 + Math.floor(random() * (n - 1)))
    }
    await pause(random() * 10)
  }
  await link.close()
}
