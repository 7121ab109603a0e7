/**
 * `npm run faults -- [--postgres | --cluster] [--rate-limits] --seed N --minutes M` runs a storm on one
 * Parley with SQLite or Postgres, or on three nodes. Exits with 1, the seed and the timeline if an invariant
 * is violated.
 */
import { parseArgs } from 'node:util'
import { runClusterStorm } from '../test/faults/cluster-storm.ts'
import { tableOf, timelineShown } from '../test/faults/storm-run.ts'
import { runStorm } from '../test/faults/storm.ts'

const { values } = parseArgs({
  options: {
    cluster: { type: 'boolean' },
    postgres: { type: 'boolean' },
    'rate-limits': { type: 'boolean' },
    seed: { type: 'string' },
    minutes: { type: 'string' }
  }
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const minutes = Number(values.minutes ?? 1)
if (!Number.isSafeInteger(seed) || !(minutes > 0)) {
  console.error('faults: --seed takes a whole number, --minutes a number above 0')
  process.exit(2)
}
if (values.cluster && values['rate-limits']) {
  console.error('faults: --rate-limits needs a single Parley')
  process.exit(2)
}

console.log(`seed ${seed}, ${minutes} min`)
try {
  const options = { seed, ms: minutes * 60_000, log: console.log }
  const result = values.cluster
    ? await runClusterStorm(options)
    : await runStorm({
        ...options,
        rateLimits: values['rate-limits'] ?? false,
        engine: values.postgres ? 'postgres' : 'sqlite'
      })
  console.log(`The end of its timeline:\n${result.timeline.slice(-timelineShown).join('\n')}`)
  console.log(`seed ${seed}, ${minutes} min\n${tableOf(result)}\nevery invariant held`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
