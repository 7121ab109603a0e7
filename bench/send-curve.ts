import { quantile, type Bench, type Curve } from './result.ts'
import {
  engines,
  expectDelivered,
  startListening,
  startPinnedParley,
  startSenders,
  type Engine
} from './servers.ts'

const content = 'hello jane, how are you?'

/** The measurements of each round, by number of senders. */
type Measured = { perSecond: number[][]; p50: number[][]; p99: number[][] }

export const sendCurve: Bench = {
  name: 'send-curve',
  title: 'Sends a second, and how long each takes, against the number of senders',
  description:
    'As in `sends`, with 1 to 512 concurrent senders. With one, each commit holds one message; with many, all waiting ' +
    'sends share a commit, so that an answer takes little longer while throughput multiplies.',
  async run(size, log) {
    const [rounds, ms, points] =
      size === 'full' ? [3, 2_000, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]] : [1, 100, [1, 8]]
    const most = points.at(-1)!
    await using load = startSenders()

    async function measureRound(engine: Engine, measured: Measured): Promise<void> {
      const parley = await startPinnedParley(2 * most, {}, engine)
      const { readers, targets } = await startListening(parley)
      const { port } = parley
      let total = 0
      // The first run, with the most senders, warms up the compiler.
      for (const [index, senders] of [-1, ...points.keys()].map(
        (each) => [each, points[each] ?? most] as const
      )) {
        const run = await load.call('run', {
          port,
          targets: targets.slice(0, senders),
          content,
          warmUpMs: ms / 4,
          ms
        })
        total += run.perTarget.reduce((sum, count) => sum + count, 0)
        if (index < 0) continue
        ;(measured.perSecond[index] ??= []).push(run.answers / run.seconds)
        ;(measured.p50[index] ??= []).push(quantile(run.latenciesMs, 0.5))
        ;(measured.p99[index] ??= []).push(quantile(run.latenciesMs, 0.99))
        log(`${engine}, ${senders}: ${Math.round(run.answers / run.seconds)}/s`)
      }
      await expectDelivered(readers, parley, total)
      await readers.close()
      await parley.close()
    }

    const measured = engines.map((): Measured => ({ perSecond: [], p50: [], p99: [] }))
    for (let round = 0; round < rounds; round++) {
      for (const [index, engine] of engines.entries()) await measureRound(engine, measured[index]!)
    }
    const curve: Curve = {
      along: 'senders',
      points,
      lines: engines.flatMap((engine, index) => {
        const { perSecond, p50, p99 } = measured[index]!
        return [
          { what: `${engine}: answered a second`, unit: '/s', values: perSecond },
          { what: `${engine}: p50 of an answer`, unit: 'ms', values: p50 },
          { what: `${engine}: p99 of an answer`, unit: 'ms', values: p99 }
        ]
      })
    }
    return {
      rows: engines.map((engine, index) => ({
        what: `${engine}: answered a second, ${most} senders`,
        unit: '/s',
        parley: measured[index]!.perSecond.at(-1)!,
        peer: { what: 'one sender', values: measured[index]!.perSecond[0]! }
      })),
      curve
    }
  }
}
