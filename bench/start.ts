import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPacedLoad } from '../test/harness/paced-load.ts'
import { residentBytes } from '../test/harness/process-state.ts'
import type { Bench } from './result.ts'
import { startPinnedParley } from './servers.ts'

export const start: Bench = {
  name: 'start',
  title: 'Start and idle memory',
  description:
    'From the start of the process to its first answer at `/readyz`: with a compile cache from an earlier start, ' +
    'without it (the first start after an installation), and after kill -9 in the middle of sends, compared with a start ' +
    'after an ordinary stop on the same data. Memory is the resident set, including shared pages, some seconds later.',
  async run(size, log) {
    const [rounds, sends, settleMs] = size === 'full' ? [5, 5_000, 5_000] : [1, 100, 500]
    const seconds = { warm: [] as number[], first: [] as number[], killed: [] as number[] }
    const megabytes: number[] = []
    for (let round = 0; round < rounds; round++) {
      const parley = await startPinnedParley(20)
      const cache = await mkdtemp(join(tmpdir(), 'parley-cache-'))
      await parley.parley.kill('SIGTERM')
      seconds.first.push(await timed(() => parley.parley.restart({ NODE_COMPILE_CACHE: cache })))

      await delay(settleMs / 5)
      await parley.parley.kill('SIGTERM')
      seconds.warm.push(await timed(() => parley.parley.restart()))
      await delay(settleMs)
      megabytes.push(residentBytes(parley.parley.pid) / 2 ** 20)

      const load = startPacedLoad({ port: parley.port, pairs: parley.pairs, perSecond: 1_000 })
      await load.untilAcknowledged(sends)
      await parley.parley.kill('SIGKILL')
      seconds.killed.push(await timed(() => parley.parley.restart()))
      await load.finish()
      log(`${seconds.warm.at(-1)!.toFixed(2)} s, ${megabytes.at(-1)!.toFixed(0)} MB`)
      await parley.close()
      await rm(cache, { recursive: true })
    }
    return {
      rows: [
        { what: 'start to first answer', unit: 's', parley: seconds.warm, reach: { atMost: 1 } },
        { what: 'the same, nothing cached', unit: 's', parley: seconds.first },
        {
          what: 'after kill -9',
          unit: 's',
          parley: seconds.killed,
          peer: { what: 'after a stop', values: seconds.warm }
        },
        { what: 'idle memory', unit: 'MB', parley: megabytes, reach: { atMost: 150 } }
      ]
    }
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return (performance.now() - startedAt) / 1_000
}
