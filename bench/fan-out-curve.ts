import {
  startNchanServer,
  startParleyServer,
  startFanOutReaders,
  type FanOutServer
} from './fan-out-servers.ts'
import { hasNchan } from './nchan.ts'
import { median, type Bench, type Row } from './result.ts'

const servers = [
  { name: 'Parley', start: startParleyServer },
  ...(hasNchan ? [{ name: 'nginx + nchan', start: startNchanServer }] : [])
]

/** The measurements of each round, by number of streams. */
type Measured = { perSecond: number[][]; medianMs: number[][]; lastMs: number[][] }

export const fanOutCurve: Bench = {
  name: 'fan-out-curve',
  title: 'Fan-out against the number of streams',
  description:
    'As in `fan-out`, one publisher, with 100 to 15,000 streams of one user. Events a second: each publication follows the ' +
    'answer to the one before. Delays: of one event, sent when all streams have the one before, from before its POST until ' +
    'half of the streams have read it, and all; the reading process has one core and reads the streams one by one.',
  async run(size, log) {
    const [rounds, publications, points] =
      size === 'full' ? [3, 150_000, [100, 300, 1_000, 2_000, 5_000, 10_000, 15_000]] : [1, 300, [10, 30]]
    const measured = servers.map((): Measured => ({ perSecond: [], medianMs: [], lastMs: [] }))

    async function measure(name: string, { opening, publication }: FanOutServer, into: Measured) {
      await using load = startFanOutReaders()
      for (const [index, streams] of points.entries()) {
        await load.call('open', { ...opening, streams })
        const count = Math.max(10, Math.round(publications / streams))
        // The first run, with the fewest streams, warms up the compiler.
        if (index === 0) await load.call('publish', { ...publication, publishers: 4, count })
        const { seconds, events } = await load.call('publish', { ...publication, publishers: 1, count })
        const { medianMs, lastMs } = await load.call('follow', { ...publication, count: 10 })
        ;(into.perSecond[index] ??= []).push(events / seconds)
        ;(into.medianMs[index] ??= []).push(median(medianMs))
        ;(into.lastMs[index] ??= []).push(median(lastMs))
        log(
          `${name}, ${streams}: ${Math.round(events / seconds)}/s, ${median(lastMs).toFixed(1)} ms to the last`
        )
      }
    }

    for (let round = 0; round < rounds; round++) {
      for (const [index, { name, start }] of servers.entries()) {
        const server = await start()
        await measure(name, server, measured[index]!)
        await server.close()
      }
    }
    const [parley, nchan] = measured as [Measured, Measured | undefined]
    const most = points.at(-1)!
    const row = (what: string, unit: string, of: (measured: Measured) => number[][]): Row => ({
      what: `${what}, ${most} streams`,
      unit,
      parley: of(parley).at(-1)!,
      ...(nchan && { peer: { what: 'nginx + nchan', values: of(nchan).at(-1)! } })
    })
    return {
      rows: [
        row('events a second', '/s', ({ perSecond }) => perSecond),
        row('from a POST to half of the streams', 'ms', ({ medianMs }) => medianMs),
        row('from a POST to the last stream', 'ms', ({ lastMs }) => lastMs)
      ],
      curve: {
        along: 'streams',
        points,
        lines: servers.flatMap(({ name }, index) => {
          const { perSecond, medianMs, lastMs } = measured[index]!
          return [
            { what: `${name}: events a second`, unit: '/s', values: perSecond },
            { what: `${name}: to half of the streams`, unit: 'ms', values: medianMs },
            { what: `${name}: to the last stream`, unit: 'ms', values: lastMs }
          ]
        })
      }
    }
  }
}
