import { randomUUID } from 'node:crypto'
import { untilTrue } from '../test/harness/process-state.ts'
import { RawSender } from '../test/harness/raw-sender.ts'
import { markSent } from '../test/harness/swarm.ts'
import { SwarmStream } from '../test/harness/swarm-stream.ts'
import { SwarmRecord } from '../test/harness/swarm-tally.ts'
import { quantile, type Bench } from './result.ts'
import { startBare, startPinnedParley } from './servers.ts'

export const latency: Bench = {
  name: 'latency',
  title: "From a POST to the recipient's event",
  description:
    'One user sends to another who listens, one message after the other. Measured: the time from before the POST is written ' +
    'until the event is read. A warm-up is excluded: V8 compiles, and write-ahead logs grow until they are ' +
    'overwritten. The baseline is the sum of its necessary parts: the round trip of a bare ' +
    'Fastify route that echoes the body, and one insert into SQLite with its fsync, on the same disk.',
  async run(size, log) {
    const [rounds, warmUp, count] = size === 'full' ? [5, 2_000, 1_000] : [1, 10, 50]
    const p50 = { sum: [] as number[], parley: [] as number[] }
    const p99 = { sum: [] as number[], parley: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      const bare = startBare()
      const { port } = await bare.call('echo')
      const trips = (await postInTurn(port, 'none', '1', warmUp + count)).slice(warmUp)
      const inserts = (await bare.call('insert', { count: warmUp + count })).slice(warmUp)
      await bare.close()
      p50.sum.push(quantile(trips, 0.5) + quantile(inserts, 0.5))
      p99.sum.push(quantile(trips, 0.99) + quantile(inserts, 0.99))

      const delays = await delaysOf(warmUp, count)
      p50.parley.push(quantile(delays, 0.5))
      p99.parley.push(quantile(delays, 0.99))
      log(`${p50.parley.at(-1)!.toFixed(2)} ms, held against ${p50.sum.at(-1)!.toFixed(2)} ms`)
    }
    const what = 'echo + insert'
    return {
      rows: [
        {
          what: 'p50',
          unit: 'ms',
          parley: p50.parley,
          peer: { what, values: p50.sum },
          reach: { atMost: 2 }
        },
        { what: 'p99', unit: 'ms', parley: p99.parley, peer: { what, values: p99.sum } }
      ]
    }
  }
}

/**
 * Returns the time from each POST to its event at the recipient, ms. Stream and sender share this process:
 * one clock, one core.
 */
async function delaysOf(warmUp: number, count: number): Promise<Float64Array> {
  const parley = await startPinnedParley(2)
  const [{ conversationId, members }] = parley.pairs as [(typeof parley.pairs)[number]]
  const record = new SwarmRecord()
  const plan = { token: members[1].token, person: 'reader', timed: true }
  const stream = new SwarmStream(plan, { port: parley.port, localAddress: '127.0.0.1' }, record, false)
  await new Promise<void>((resolve) => (stream.onSettled = resolve))
  const events = warmUp + count
  await postInTurn(parley.port, members[0].token, conversationId, events)
  await untilTrue('every event is there', () => record.tally.events === events)
  if (record.tally.violations.length > 0) throw new Error(record.tally.violations.join('\n'))
  stream.close()
  await parley.close()
  return record.takeDelays().slice(warmUp)
}

/** Sends one message after the other; returns the time until each answer, ms. */
export async function postInTurn(
  port: number,
  token: string,
  conversationId: string,
  count: number,
  content?: string
): Promise<number[]> {
  const sender = new RawSender(port)

  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const body = JSON.stringify({
      content: content ?? markSent('hello jane, how are you?'),
      clientId: randomUUID()
    })
    const startedAt = performance.now()
    const { status } = await sender.post(token, `/api/conversations/${conversationId}/messages`, body)
    times.push(performance.now() - startedAt)
    if (status !== 201) throw new Error(`answered ${status}`)
  }
  sender.close()
  return times
}
