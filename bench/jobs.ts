import { startCallee } from '../test/harness/calls.ts'
import type { JobsCommands } from './load/jobs-process.ts'
import { quantile, type Bench } from './result.ts'

export const jobs: Bench = {
  name: 'jobs',
  title: 'Background jobs beside sends',
  description:
    '64 users send on SQLite, without HTTP, in a process that also enqueues, leases, runs and acknowledges jobs of an empty ' +
    'handler. Compared: sends with a runner that has nothing to do and without a runner, by processor time; sends while jobs ' +
    'are drained and without, by p99; draining with 100,000 jobs that wait and with none, by processor time. Every job is ' +
    'drained at the end of each round.',
  async run(size, log) {
    const [rounds, ms, count, waiting] = size === 'full' ? [10, 2_000, 5_000, 100_000] : [2, 200, 500, 1_000]
    const idle = { on: [] as number[], off: [] as number[] }
    const p99 = { draining: [] as number[], quiet: [] as number[] }
    const drains = { many: [] as number[], none: [] as number[] }
    const perSecond: number[] = []
    const path = new URL('./load/jobs-process.ts', import.meta.url).pathname
    await using few = startCallee<JobsCommands>(path)
    await using full = startCallee<JobsCommands>(path)
    await full.call('wait', { count: waiting })
    await full.call('run', { on: true })

    for (let round = -1; round < rounds; round++) {
      const sends = { on: 0, off: 0 }
      for (const side of round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)) {
        await few.call('run', { on: side === 'on' })
        sends[side] = (await few.call('send', { ms })).perProcessor
      }
      await few.call('run', { on: true })
      const quiet = await few.call('send', { ms })
      const [beside, drained] = await Promise.all([few.call('send', { ms }), few.call('drain', { count })])
      const none = await few.call('drain', { count })
      const many = await full.call('drain', { count })
      // The first is for the compiler.
      if (round < 0) continue
      idle.on.push(sends.on)
      idle.off.push(sends.off)
      p99.quiet.push(quantile(quiet.latenciesMs, 0.99))
      p99.draining.push(quantile(beside.latenciesMs, 0.99))
      perSecond.push(drained.perSecond)
      drains.none.push(none.perProcessor)
      drains.many.push(many.perProcessor)
      log(`${Math.round(drained.perSecond)} jobs a second beside sends`)
    }
    await few.call('finish')
    await full.call('finish')
    return {
      rows: [
        {
          what: 'sends a second of processor time, with an idle runner',
          unit: '/s',
          parley: idle.on,
          peer: { what: 'no runner', values: idle.off },
          reach: { atLeast: 0.97 }
        },
        {
          what: 'p99 of a send while jobs are drained',
          unit: 'ms',
          parley: p99.draining,
          peer: { what: 'no jobs', values: p99.quiet },
          reach: { atMost: 2 }
        },
        { what: 'jobs drained a second beside sends', unit: '/s', parley: perSecond },
        {
          what: 'jobs drained a second of processor time, 100,000 waiting',
          unit: '/s',
          parley: drains.many,
          peer: { what: 'none waiting', values: drains.none },
          reach: { atLeast: 0.75 }
        }
      ]
    }
  }
}
