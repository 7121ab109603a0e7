import type { Message } from '@parley/contract/entities'
import type { Api } from '../harness/api.ts'
import { pause, type Random, type StormRecord } from './storm-record.ts'

type Options = { number: number; api: Api; conversationId: string; record: StormRecord; random: Random }

/** Sends message after message, each with the same key until it is acknowledged; resolves in the calm. */
export async function runWriter({ number, api, conversationId, record, random }: Options): Promise<void> {
  const name = `${api.user.username}'s writer ${number}`
  const keyOf = (n: number) =>
    `00000000-0000-4000-8000-${(number * 2 ** 32 + n).toString(16).padStart(12, '0')}`

  /** One attempt; false when there was no answer, or one that asks to try again. */
  async function attempt(n: number, timeoutMs: number): Promise<boolean> {
    const clientId = keyOf(n)
    try {
      const response = await fetch(`${api.url}/api/conversations/${conversationId}/messages`, {
        method: 'POST',
        signal: AbortSignal.timeout(timeoutMs),
        headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ content: `${name}: message ${n}`, clientId })
      })
      if (response.status === 201) {
        record.acknowledge(clientId, (await response.json()) as Message)
        return true
      }
      const answer = `${response.status} ${await response.text()}`
      if (response.status < 500) record.violate(`${name} was answered ${answer}`)
      // A 503 is a promise to be back; any other 5xx is a fault of Parley's own.
      else if (response.status !== 503) record.violate(`${name} met a fault: ${answer}`)
      return false
    } catch {
      return false
    }
  }

  for (let n = 1; !record.calm && !record.broken; n++) {
    const fate = random()
    if (fate < 0.04) {
      record.inject('answer thrown away', `${name}, message ${n}`)
      await attempt(n, 1 + Math.floor(random() * 8))
    } else if (fate < 0.07) {
      record.inject('key sent twice at once', `${name}, message ${n}`)
      await Promise.all([attempt(n, 10_000), attempt(n, 10_000)])
    }
    while (!record.acknowledged.has(keyOf(n)) && !(await attempt(n, 10_000)) && !record.broken) {
      await pause(random() * 100)
    }
    if (fate > 0.97 && n > 1) {
      record.inject('old key sent again', name)
      await attempt(1 + Math.floor(random() * (n - 1)), 10_000)
    }
    await pause(random() * 10)
  }
}
