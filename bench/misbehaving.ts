import { setTimeout as delay } from 'node:timers/promises'
import { startPacedLoad } from '../test/harness/paced-load.ts'
import { markSent, type StreamPlan, type Swarm } from '../test/harness/swarm.ts'
import { quantile, type Bench } from './result.ts'
import { expectComplete, startPinnedParley, startReaders } from './servers.ts'

const longContent = 'x'.repeat(3_900)

export const misbehaving: Bench = {
  name: 'misbehaving',
  title: 'Two hundred of two thousand streams misbehave',
  description:
    '1,800 users have a stream each, and 500 messages a second are sent among them. One more user has 200 streams, and ' +
    'gets 50 long messages a second on each. In one run all of them read; in the other 50 stop reading, 50 read 1 kB a ' +
    'second, 50 reconnect ten times a second, and 50 belong to a stopped process (SIGSTOP). Measured at the ' +
    '1,800: the time from before a POST is written until its event is read.',
  async run(size, log) {
    const [rounds, people, share, ms] = size === 'full' ? [3, 1_800, 50, 20_000] : [1, 100, 5, 300]
    const p99 = { good: [] as number[], bad: [] as number[] }
    const p50 = { good: [] as number[], bad: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      for (const key of ['good', 'bad'] as const) {
        const delays = await delaysWith(key === 'bad', { people, share, ms })
        p50[key].push(quantile(delays, 0.5))
        p99[key].push(quantile(delays, 0.99))
        log(`${key}: p50 ${p50[key].at(-1)!.toFixed(1)} ms, p99 ${p99[key].at(-1)!.toFixed(1)} ms`)
      }
    }
    const what = 'all read'
    return {
      rows: [
        {
          what: 'p99 of the others',
          unit: 'ms',
          parley: p99.bad,
          peer: { what, values: p99.good },
          reach: { atMost: 2 }
        },
        { what: 'p50 of the others', unit: 'ms', parley: p50.bad, peer: { what, values: p50.good } }
      ]
    }
  }
}

type Sizes = { people: number; share: number; ms: number }

async function delaysWith(misbehave: boolean, { people, share, ms }: Sizes): Promise<Float64Array> {
  const parley = await startPinnedParley(people + 2)
  await using swarm = startReaders()
  // Separate processes: their reading must not delay the measured reader.
  await using others = startReaders()
  const gone = startReaders()
  const { port, members } = parley
  const [hot, ...pairs] = parley.pairs
  const [hotSender, hotReader, ...rest] = members
  await swarm.call('open', {
    port,
    plans: rest.map(({ user, token }) => ({ token, person: user.username, timed: true }))
  })
  const plan = { token: hotReader!.token, person: hotReader!.user.username }
  for (const behaviour of ['stopped', 'slow', 'looping', 'good'] as const) {
    const plans: StreamPlan[] = Array.from({ length: share }, () =>
      misbehave ? { ...plan, behaviour } : plan
    )
    const holder: Swarm = behaviour === 'good' ? gone : others
    await holder.call('open', { port, plans })
  }
  if (misbehave) gone.process.kill('SIGSTOP')

  const load = startPacedLoad({ port, pairs, perSecond: 500, content: markSent })
  const longLoad = startPacedLoad({
    port,
    pairs: [hot!],
    perSecond: 50,
    connections: 8,
    content: () => longContent
  })
  // Long enough to fill the buffers of stopped readers.
  await delay(ms / 2)
  await swarm.call('takeDelays')
  await delay(ms)
  const delays = await swarm.call('takeDelays')
  await Promise.all([load.finish(), longLoad.finish()])
  gone.process.kill('SIGCONT')
  await expectComplete(swarm, { ...parley, members: [hotSender!, ...rest] })
  // Misbehaving streams miss nothing either.
  await expectComplete(others, { ...parley, members: [] })
  await gone.close()
  await parley.close()
  return delays
}
