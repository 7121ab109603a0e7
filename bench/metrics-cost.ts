import { freePort } from '../test/harness/parley.ts'
import type { Bench } from './result.ts'
import {
  expectComplete,
  processorSeconds,
  startListening,
  startPinnedParley,
  startSenders,
  type PinnedParley
} from './servers.ts'

export const metricsCost: Bench = {
  name: 'metrics-cost',
  title: 'What metrics cost',
  description:
    '128 users send to 128 others who listen, to a Parley whose metrics are read once a round and to one that has none, ' +
    'in turn and many times, with both running throughout. The processor time of all their threads is compared, because other ' +
    'programs on the machine hardly affect it.',
  async run(size, log) {
    const [rounds, ms, senders] = size === 'full' ? [20, 3_000, 128] : [1, 300, 16]
    const metricsPort = await freePort()
    await using load = startSenders()
    await using sides = await startSides(2 * senders, metricsPort)
    const answered = { on: [] as number[], off: [] as number[] }
    const perProcessor = { on: [] as number[], off: [] as number[] }

    async function measure({ name, parley, targets }: Side, round: number): Promise<void> {
      const before = processorSeconds(parley.parley.pid)
      const content = 'hello jane, how are you?'
      const run = await load.call('run', { port: parley.port, targets, content, warmUpMs: 0, ms })
      if (name === 'on') await readMetrics(metricsPort)
      const total = run.perTarget.reduce((sum, count) => sum + count, 0)
      const seconds = processorSeconds(parley.parley.pid) - before
      // The first round warms up the compiler.
      if (round < 0) return
      answered[name].push(run.answers / run.seconds)
      perProcessor[name].push(total / seconds)
      log(`${name}: ${Math.round(total / seconds)} a second of processor time`)
    }

    for (let round = -1; round < rounds; round++) {
      for (const side of round % 2 === 0 ? sides.both : sides.both.toReversed()) await measure(side, round)
    }
    for (const { parley, readers } of sides.both) await expectComplete(readers, parley)
    const without = 'without metrics'
    return {
      rows: [
        {
          what: 'answered a second of processor time',
          unit: '/s',
          parley: perProcessor.on,
          peer: { what: without, values: perProcessor.off },
          reach: { atLeast: 0.98 }
        },
        {
          what: 'answered a second',
          unit: '/s',
          parley: answered.on,
          peer: { what: without, values: answered.off }
        }
      ]
    }
  }
}

type Side = Awaited<ReturnType<typeof startSide>>

async function startSides(people: number, metricsPort: number) {
  const both = [
    await startSide('off', await startPinnedParley(people)),
    await startSide('on', await startPinnedParley(people, { PARLEY_METRICS_PORT: String(metricsPort) }))
  ]
  return {
    both,
    async [Symbol.asyncDispose]() {
      for (const { readers, parley } of both) {
        await readers[Symbol.asyncDispose]()
        await parley.close()
      }
    }
  }
}

async function startSide(name: 'on' | 'off', parley: PinnedParley) {
  return { name, parley, ...(await startListening(parley)) }
}

async function readMetrics(port: number): Promise<void> {
  const answer = await fetch(`http://localhost:${port}/metrics`)
  if (!(await answer.text()).includes('parley_sends_total')) throw new Error('these are not the metrics')
}
