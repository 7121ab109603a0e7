import { startCallee } from '../test/harness/calls.ts'
import type { FanOutCommands } from './load/fan-out-process.ts'
import { hasNchan, startNchan } from './nchan.ts'
import type { Bench } from './result.ts'
import { loadCore, processorSeconds, serverCore, startPinnedParley } from './servers.ts'

const content = 'hello jane, how are you?'

export const fanOut: Bench = {
  name: 'fan-out',
  title: 'Fan-out to 2,000 streams of one person',
  about:
    'One event after the other goes to 2,000 streams of one person, on one core: events of all streams together, a second, ' +
    'from the first publication to the last event read, by one publisher and by sixteen. Held against nginx with nchan, ' +
    "one worker, whose message is of the same size and is kept in memory; Parley's is on disk first.",
  async run(size, log) {
    const [rounds, streams, count] = size === 'full' ? [5, 2_000, 300] : [1, 100, 20]
    const results = { nchan: new Map<string, number[]>(), parley: new Map<string, number[]>() }
    if (!hasNchan) log('nginx with nchan is not here (Debian: apt-get install libnginx-mod-nchan)')

    async function measure(key: 'nchan' | 'parley', pids: number[], server: Server) {
      const file = new URL('./load/fan-out-process.ts', import.meta.url).pathname
      await using load = startCallee<FanOutCommands>(file, { core: loadCore })
      const { port, token, path, body } = server
      const head = `Host: localhost:${port}\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${server.readerToken}`
      await load.call('open', { port, request: `GET ${server.stream} HTTP/1.1\r\n${head}\r\n\r\n`, streams })
      await load.call('publish', { port, path, token, body, publishers: 4, count: Math.ceil(count / 5) })
      for (const publishers of [1, 16]) {
        const before = sum(pids.map(processorSeconds))
        const { seconds, events } = await load.call('publish', { port, path, token, body, publishers, count })
        const used = sum(pids.map(processorSeconds)) - before
        keep(results[key], `${publishers} a second`, events / seconds)
        keep(results[key], `${publishers} a processor second`, events / used)
        log(
          `${key}, ${publishers}: ${Math.round(events / seconds)}/s, ${Math.round(events / used)} a processor second`
        )
      }
    }

    for (let round = 0; round < rounds; round++) {
      if (hasNchan) {
        const nchan = await startNchan(serverCore)
        const message = {
          id: '123456',
          content,
          conversationId: '1',
          createdAt: new Date().toISOString(),
          mine: false,
          position: 123_456,
          sender: { id: '1', username: 'person-0', avatarURL: null }
        }
        await measure('nchan', nchan.pids, {
          port: nchan.port,
          stream: '/subscribe',
          path: '/publish',
          token: 'none',
          readerToken: 'none',
          body: JSON.stringify(message)
        })
        await nchan.close()
      }
      const parley = await startPinnedParley(2, { PARLEY_STREAMS_PER_USER: '5000' })
      const [{ conversationId, members }] = parley.pairs as [(typeof parley.pairs)[number]]
      await measure('parley', [parley.parley.pid], {
        port: parley.port,
        stream: '/api/messages',
        path: `/api/conversations/${conversationId}/messages`,
        token: members[0].token,
        readerToken: members[1].token,
        body: JSON.stringify({ content })
      })
      await parley.close()
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

type Server = {
  port: number
  stream: string
  path: string
  token: string
  readerToken: string
  body: string
}

function keep(results: Map<string, number[]>, key: string, value: number): void {
  results.set(key, [...(results.get(key) ?? []), value])
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
