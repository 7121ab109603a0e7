import { median, quantile, type Bench, type Row } from './result.ts'
import {
  engines,
  expectDelivered,
  processorSeconds,
  startBare,
  startListening,
  startPinnedParley,
  startSenders,
  type Engine
} from './servers.ts'
import type { Target } from './load/senders-process.ts'

const content = 'hello jane, how are you?'
/** Target share of the bare route's throughput. */
const reach = { SQLite: 0.33, Postgres: 0.25 }

type Measured = { answered: number[]; perProcessor: number[]; p99: number[] }

export const sends: Bench = {
  name: 'sends',
  title: 'Durable, delivered sends with 256 senders',
  description:
    '256 users send continuously, one message at a time each, to 256 others who listen. A send counts when it is ' +
    'answered: it is on disk then. The baseline is a bare Fastify route that validates and echoes the same body, on the ' +
    'same core, with the same load generator. Postgres, on disk and with fsync, may use both cores; the processor ' +
    'time is that of Parley alone.',
  async run(size, log) {
    // V8 compiles for several seconds, more of Parley than of the bare route.
    const [rounds, warmUpMs, ms, senders] = size === 'full' ? [5, 5_000, 8_000, 256] : [1, 75, 300, 32]
    const measured: Record<'bare' | Engine, Measured> = { bare: none(), SQLite: none(), Postgres: none() }
    await using load = startSenders()

    async function measure(key: 'bare' | Engine, pid: number, port: number, targets: Target[]) {
      const warmUp = await load.call('run', { port, targets, content, warmUpMs: 0, ms: warmUpMs })
      const before = processorSeconds(pid)
      const run = await load.call('run', { port, targets, content, warmUpMs: 0, ms })
      const total = sum(run.perTarget)
      const { answered, perProcessor, p99 } = measured[key]
      answered.push(run.answers / run.seconds)
      perProcessor.push(total / (processorSeconds(pid) - before))
      p99.push(quantile(run.latenciesMs, 0.99))
      log(`${key}: ${Math.round(run.answers / run.seconds)}/s`)
      return sum(warmUp.perTarget) + total
    }

    for (let round = 0; round < rounds; round++) {
      const bare = startBare()
      const echo = await bare.call('echo')
      const targets = Array.from({ length: senders }, () => ({
        token: 'none',
        path: '/api/conversations/1/messages'
      }))
      await measure('bare', bare.process.pid!, echo.port, targets)
      await bare.close()

      for (const engine of engines) {
        const parley = await startPinnedParley(2 * senders, {}, engine)
        const { readers, targets } = await startListening(parley)
        const total = await measure(engine, parley.parley.pid, parley.port, targets)
        await expectDelivered(readers, parley, total)
        await readers.close()
        await parley.close()
      }
    }
    return {
      rows: engines.flatMap((engine): Row[] => [
        {
          ...rowOf(measured, engine, 'answered', 'answered a second', '/s'),
          reach: { atLeast: reach[engine] }
        },
        rowOf(measured, engine, 'perProcessor', 'answered a second of processor time', '/s'),
        rowOf(measured, engine, 'p99', 'p99 of an answer', 'ms')
      ]),
      notes: [
        `Median of the rounds: ${Math.round(median(measured.SQLite.answered))} messages a second, each on disk.`
      ]
    }
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function none(): Measured {
  return { answered: [], perProcessor: [], p99: [] }
}

function rowOf(
  measured: Record<'bare' | Engine, Measured>,
  engine: Engine,
  key: keyof Measured,
  what: string,
  unit: string
): Row {
  const peer = { what: 'bare Fastify', values: measured.bare[key] }
  return { what: `${engine}: ${what}`, unit, parley: measured[engine][key], peer }
}
