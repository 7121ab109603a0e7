import { median, quantile, type Bench } from './result.ts'
import {
  expectComplete,
  processorSeconds,
  startBare,
  startPinnedParley,
  startReaders,
  startSenders
} from './servers.ts'

const content = 'hello jane, how are you?'

export const sends: Bench = {
  name: 'sends',
  title: 'Durable, delivered sends with 256 senders',
  about:
    '256 people send without a pause, one message at a time each, to 256 others who listen. A send counts when it is ' +
    'answered: it is on disk then. Held against a bare Fastify route that validates and echoes the same body, on the ' +
    'same core, driven by the same program.',
  async run(size, log) {
    const [rounds, ms, senders] = size === 'full' ? [5, 8_000, 256] : [1, 500, 32]
    const answered = { bare: [] as number[], parley: [] as number[] }
    const perProcessor = { bare: [] as number[], parley: [] as number[] }
    const p99 = { bare: [] as number[], parley: [] as number[] }
    await using load = startSenders()
    const warmUpMs = ms / 4

    async function measure(key: 'bare' | 'parley', pid: number, port: number, targets: Target[]) {
      const before = processorSeconds(pid)
      const run = await load.call('run', { port, targets, content, warmUpMs, ms })
      const total = run.perTarget.reduce((sum, count) => sum + count, 0)
      answered[key].push(run.answers / run.seconds)
      perProcessor[key].push(total / (processorSeconds(pid) - before))
      p99[key].push(quantile(run.latenciesMs, 0.99))
      log(`${key}: ${Math.round(run.answers / run.seconds)}/s`)
      return total
    }

    for (let round = 0; round < rounds; round++) {
      const bare = startBare()
      const echo = await bare.call('echo')
      const anybody = Array.from({ length: senders }, () => ({
        token: 'none',
        path: '/api/conversations/1/messages'
      }))
      await measure('bare', bare.process.pid!, echo.port, anybody)
      await bare.close()

      const parley = await startPinnedParley(2 * senders)
      await using readers = startReaders()
      const { port, pairs, members } = parley
      await readers.call('open', {
        port,
        plans: pairs.map(({ members: [, reader] }) => ({ token: reader.token, person: reader.user.username }))
      })
      const targets = pairs.map(({ conversationId, members: [sender] }) => ({
        token: sender.token,
        path: `/api/conversations/${conversationId}/messages`
      }))
      const total = await measure('parley', parley.parley.pid, port, targets)
      await expectComplete(readers, parley)
      const { events } = await readers.call('tally')
      if (events !== total) throw new Error(`${total} were acknowledged, ${events} delivered`)
      if (members.length !== 2 * senders) throw new Error('not everybody took part')
      await parley.close()
    }
    return {
      rows: [
        {
          what: 'answered a second',
          unit: '/s',
          parley: answered.parley,
          peer: { what: 'bare Fastify', values: answered.bare },
          reach: { atLeast: 0.33 }
        },
        {
          what: 'answered a second of processor time',
          unit: '/s',
          parley: perProcessor.parley,
          peer: { what: 'bare Fastify', values: perProcessor.bare }
        },
        {
          what: 'p99 of an answer',
          unit: 'ms',
          parley: p99.parley,
          peer: { what: 'bare Fastify', values: p99.bare }
        }
      ],
      notes: [`Median of the rounds: ${Math.round(median(answered.parley))} messages a second, each on disk.`]
    }
  }
}

type Target = { token: string; path: string }
