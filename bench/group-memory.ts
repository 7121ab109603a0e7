import { setTimeout as delay } from 'node:timers/promises'
import type { Conversation } from '@parley/contract/conversations'
import { apiWith } from '../test/harness/api.ts'
import type { Member } from '../test/harness/crowd.ts'
import { postInTurn } from './latency.ts'
import type { Bench } from './result.ts'
import { expectComplete, startBare, startPinnedParley, startReaders } from './servers.ts'
import { proportionalKilobytes } from './stream-memory.ts'

/** Length of each message's text. */
const contentLength = 1_000

export const groupMemory: Bench = {
  name: 'group-memory',
  title: 'Memory of streams in busy groups',
  description:
    'Everyone is in a group of 1,000, with an open stream that is read: 200 messages of 1 kB to each group, one after ' +
    'the other. Measured: the growth of the process (its proportional set, all threads) since its start, per stream, some ' +
    'seconds after the last message. The baseline is a `node:http` server with as many open responses that writes as many ' +
    "bytes to each, no faster than they are read. The kernel's buffers are excluded.",
  async run(size, log) {
    const [rounds, groups, people, count, settleMs] =
      size === 'full' ? [3, 10, 1_000, 200, 10_000] : [1, 2, 50, 10, 300]
    const streams = groups * people
    const grown = { bare: [] as number[], parley: [] as number[] }

    for (let round = 0; round < rounds; round++) {
      const bare = startBare()
      const { port } = await bare.call('hold')
      const bareReaders = startReaders()
      await delay(settleMs / 5)
      const bareBefore = proportionalKilobytes(bare.process.pid!)
      const token = 'x'.repeat(43)
      const plans = Array.from({ length: streams }, (_, index) => ({ token, person: `person-${index}` }))
      await bareReaders.call('open', { port, plans })
      for (let sent = 0; sent < count; sent++) await bare.call('write', { length: contentLength + 300 })
      await delay(settleMs)
      grown.bare.push((proportionalKilobytes(bare.process.pid!) - bareBefore) / streams)
      await bareReaders.close()
      await bare.close()

      const parley = await startPinnedParley(streams)
      const { members } = parley
      await using readers = startReaders()
      await delay(settleMs / 5)
      const before = proportionalKilobytes(parley.parley.pid)
      await readers.call('open', {
        port: parley.port,
        plans: members.map(({ user, token }) => ({ token, person: user.username }))
      })
      for (let group = 0; group < groups; group++) {
        const [owner, ...others] = members.slice(group * people, (group + 1) * people) as [
          Member,
          ...Member[]
        ]
        const api = apiWith(parley.parley.url, owner.token, owner.user)
        const usernames = others.map(({ user }) => user.username)
        const { body } = await api.post<Conversation>('/api/conversations', { title: 'Busy', usernames })
        await postInTurn(parley.port, owner.token, body.id, count, 'x'.repeat(contentLength))
      }
      await expectComplete(readers, parley)
      await delay(settleMs)
      grown.parley.push((proportionalKilobytes(parley.parley.pid) - before) / streams)
      await parley.close()
      log(
        `node:http ${grown.bare.at(-1)!.toFixed(1)} kB, Parley ${grown.parley.at(-1)!.toFixed(1)} kB a stream`
      )
    }
    return {
      rows: [
        {
          what: 'grown by a stream',
          unit: 'kB',
          parley: grown.parley,
          peer: { what: 'node:http', values: grown.bare },
          reach: { atMost: 4 }
        }
      ]
    }
  }
}
