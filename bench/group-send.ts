import type { Conversation } from '@parley/contract/conversations'
import { apiWith } from '../test/harness/api.ts'
import { postInTurn } from './latency.ts'
import { median, quantile, type Bench, type Row } from './result.ts'
import { expectComplete, processorSeconds, startPinnedParley, startReaders } from './servers.ts'

export const groupSend: Bench = {
  name: 'group-send',
  title: 'One send to 2, 10, 100 and 1,000 people',
  description:
    'One user sends to a group whose other members all listen, one message after the other. Measured: the time to each answer, ' +
    "which comes when every member's log has the message on disk, and the processor time of the whole server per message. A " +
    'message to two people is the baseline.',
  async run(size, log) {
    const [rounds, seconds, sizes] = size === 'full' ? [5, 4, [2, 10, 100, 1_000]] : [1, 0.2, [2, 10, 100]]
    const most = sizes.at(-1)!
    const ms = sizes.map(() => [] as number[])
    const processorMs = sizes.map(() => [] as number[])
    for (let round = 0; round < rounds; round++) {
      const parley = await startPinnedParley(most)
      const { port, members } = parley
      await using readers = startReaders()
      const plans = members.slice(1).map(({ token, user }) => ({ token, person: user.username }))
      await readers.call('open', { port, plans })
      const [sender] = members as [(typeof members)[number]]
      const api = apiWith(parley.parley.url, sender.token, sender.user)
      for (const [index, people] of sizes.entries()) {
        const usernames = members.slice(1, people).map(({ user }) => user.username)
        const group = await api.post<Conversation>('/api/conversations', { title: 'Friends', usernames })
        const count = Math.ceil((seconds * 1_000) / (1 + people / 100))
        await postInTurn(port, sender.token, group.body.id, Math.ceil(count / 4))
        const before = processorSeconds(parley.parley.pid)
        const times = await postInTurn(port, sender.token, group.body.id, count)
        ms[index]!.push(quantile(times, 0.5))
        processorMs[index]!.push((1_000 * (processorSeconds(parley.parley.pid) - before)) / count)
        log(`${people} people: ${ms[index]!.at(-1)!.toFixed(2)} ms`)
        await expectComplete(readers, { ...parley, members: members.slice(1) })
      }
      await parley.close()
    }
    return {
      rows: sizes.flatMap((people, index): Row[] => [
        rowOf(`an answer, ${people} people (p50)`, index, ms),
        rowOf(`processor time, ${people} people`, index, processorMs)
      ]),
      notes: [
        `Each of ${most} people costs ${microseconds(processorMs.at(-1)!, most)} µs of processor time: an entry in their log ` +
          'on disk, a frame and a write to their stream.'
      ]
    }
  }
}

function rowOf(what: string, index: number, values: number[][]): Row {
  const row = { what, unit: 'ms', parley: values[index]! }
  return index === 0 ? row : { ...row, peer: { what: '2 people', values: values[0]! } }
}

function microseconds(processorMs: number[], people: number): number {
  return Math.round((1_000 * median(processorMs)) / people)
}
