import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { StreamPlan } from '../test/harness/swarm.ts'
import type { Bench } from './result.ts'
import { expectComplete, startBare, startPinnedParley, startReaders } from './servers.ts'

export const streamMemory: Bench = {
  name: 'stream-memory',
  title: 'Memory of an idle stream',
  description:
    '15,000 open streams, each of a different user, some seconds after the last was opened. Measured: the growth of the process ' +
    '(its proportional set, all threads) since its start, per stream. The baseline is a `node:http` server ' +
    "that answers each request with the same headers and keeps it open. The kernel's buffers are excluded.",
  async run(size, log) {
    const [rounds, count, settleMs] = size === 'full' ? [3, 15_000, 15_000] : [1, 500, 500]
    const grown = { bare: [] as number[], parley: [] as number[] }
    const whole = { bare: [] as number[], parley: [] as number[] }

    async function measure(key: 'bare' | 'parley', pid: number, port: number, plans: StreamPlan[]) {
      const swarm = startReaders()
      await delay(settleMs / 5)
      const before = proportionalKilobytes(pid)
      await swarm.call('open', { port, plans })
      await delay(settleMs)
      const after = proportionalKilobytes(pid)
      grown[key].push((after - before) / count)
      whole[key].push(after / count)
      log(`${key}: ${((after - before) / count).toFixed(1)} kB a stream`)
      return swarm
    }

    for (let round = 0; round < rounds; round++) {
      const bare = startBare()
      const { port } = await bare.call('hold')
      const token = 'x'.repeat(43)
      const held = await measure(
        'bare',
        bare.process.pid!,
        port,
        Array.from({ length: count }, (_, index) => ({ token, person: `person-${index}` }))
      )
      await held.close()
      await bare.close()

      const parley = await startPinnedParley(count)
      const swarm = await measure(
        'parley',
        parley.parley.pid,
        parley.port,
        parley.members.map(({ user, token }) => ({ token, person: user.username }))
      )
      await expectComplete(swarm, { ...parley, members: parley.members.slice(0, 100) })
      if ((await swarm.call('tally')).open !== count) throw new Error('streams were lost')
      await swarm.close()
      await parley.close()
    }
    return {
      rows: [
        {
          what: 'grown by a stream',
          unit: 'kB',
          parley: grown.parley,
          peer: { what: 'node:http', values: grown.bare },
          reach: { atMost: 1.3 }
        },
        {
          what: 'the whole process, by streams',
          unit: 'kB',
          parley: whole.parley,
          peer: { what: 'node:http', values: whole.bare }
        }
      ]
    }
  }
}

/** Returns the memory of a process, including its share of shared pages, kB. */
export function proportionalKilobytes(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))![1])
}
