import {
  startNchanServer,
  startParleyServer,
  startFanOutReaders,
  type FanOutServer
} from './fan-out-servers.ts'
import { hasNchan } from './nchan.ts'
import type { Bench } from './result.ts'
import { processorSeconds } from './servers.ts'

export const fanOut: Bench = {
  name: 'fan-out',
  title: 'Fan-out to 2,000 streams of one person',
  description:
    'Events are sent one after the other to 2,000 streams of one user, on one core. Measured: events of all streams together ' +
    'a second, from the first publication to the last event read, by one publisher and by sixteen. The peer is nginx with nchan, ' +
    "one worker, whose message has the same size and stays in memory; Parley's is on disk first.",
  async run(size, log) {
    const [rounds, streams, count] = size === 'full' ? [5, 2_000, 300] : [1, 100, 20]
    const results = { nchan: new Map<string, number[]>(), parley: new Map<string, number[]>() }
    if (!hasNchan) log('nginx with nchan is not installed (Debian: apt-get install libnginx-mod-nchan)')

    const servers = [
      ...(hasNchan ? [['nchan', startNchanServer] as const] : []),
      ['parley', startParleyServer] as const
    ]

    async function measure(key: 'nchan' | 'parley', { pids, opening, publication }: FanOutServer) {
      await using load = startFanOutReaders()
      await load.call('open', { ...opening, streams })
      await load.call('publish', { ...publication, publishers: 4, count: Math.ceil(count / 5) })
      for (const publishers of [1, 16]) {
        const before = sum(pids.map(processorSeconds))
        const { seconds, events } = await load.call('publish', { ...publication, publishers, count })
        const used = sum(pids.map(processorSeconds)) - before
        keep(results[key], `${publishers} a second`, events / seconds)
        keep(results[key], `${publishers} a processor second`, events / used)
        log(
          `${key}, ${publishers}: ${Math.round(events / seconds)}/s, ${Math.round(events / used)} a processor second`
        )
      }
    }

    for (let round = 0; round < rounds; round++) {
      for (const [key, start] of servers) {
        const server = await start()
        await measure(key, server)
        await server.close()
      }
    }

    const row = (what: string, key: string, reach = false) => ({
      what,
      unit: '/s',
      parley: results.parley.get(key)!,
      ...(hasNchan && { peer: { what: 'nginx + nchan', values: results.nchan.get(key)! } }),
      ...(hasNchan && reach && { reach: { atLeast: 1.2 } })
    })
    return {
      rows: [
        row('one publisher', '1 a second', true),
        row('one publisher, by processor time', '1 a processor second'),
        row('sixteen publishers', '16 a second'),
        row('sixteen publishers, by processor time', '16 a processor second')
      ]
    }
  }
}

function keep(results: Map<string, number[]>, key: string, value: number): void {
  results.set(key, [...(results.get(key) ?? []), value])
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
