import { startPacedLoad } from '../test/harness/paced-load.ts'
import { quantile, type Bench } from './result.ts'
import { expectComplete, startPinnedParley, startReaders } from './servers.ts'

export const herd: Bench = {
  name: 'herd',
  title: 'Ten thousand streams cut and resumed',
  description:
    '10,000 users have a stream each, and 300 messages a second are sent among them. Then all connections are cut at ' +
    'once, and each client reconnects as the client package does: after a random part of a second, later attempts after up to ' +
    'twice as long. A stream is complete when it has received `sync` with everything up to it. Sends continue meanwhile; ' +
    'their delay, from when a send was due to its answer, is compared with that of the seconds before.',
  async run(size, log) {
    const [rounds, count, perSecond, before] = size === 'full' ? [3, 10_000, 300, 3_000] : [1, 300, 100, 100]
    const seconds: number[] = []
    const p99 = { before: [] as number[], during: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      const parley = await startPinnedParley(count)
      await using swarm = startReaders()
      const { port, members, pairs } = parley
      await swarm.call('open', {
        port,
        plans: members.map(({ user, token }) => ({ token, person: user.username }))
      })
      const load = startPacedLoad({ port, pairs, perSecond })
      await load.untilAcknowledged(before / 3)
      load.takeDelays()
      await load.untilAcknowledged(before)
      p99.before.push(quantile(load.takeDelays(), 0.99))

      const cutAt = performance.now()
      await swarm.call('cut')
      await swarm.call('untilSynced', { count })
      seconds.push((performance.now() - cutAt) / 1_000)
      p99.during.push(quantile(load.takeDelays(), 0.99))
      log(`complete after ${seconds.at(-1)!.toFixed(1)} s`)

      await load.finish()
      await expectComplete(swarm, parley)
      const { events } = await swarm.call('tally')
      if (events !== 2 * load.acknowledged.length) {
        throw new Error(`${load.acknowledged.length} were acknowledged, ${events} events delivered`)
      }
      await swarm.call('close')
      await parley.close()
    }
    return {
      rows: [
        { what: 'until all are complete', unit: 's', parley: seconds },
        {
          what: 'p99 of a send meanwhile',
          unit: 'ms',
          parley: p99.during,
          peer: { what: 'before', values: p99.before },
          reach: { atMost: 5 }
        }
      ]
    }
  }
}
