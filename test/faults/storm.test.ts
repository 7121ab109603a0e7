import { test } from 'vitest'
import { hasPostgres } from '../harness/postgres.ts'
import { expectCoverage } from './storm-expectations.ts'
import { runStorm } from './storm.ts'

test('D1, E1, O1, O2, O3, S1, S2, S4, S5, S6, M1, M2, M3, M4, M6: under kills, broken connections, ended sessions, retried keys and changing groups and messages, every reader gets each message once, in order, and the state that a GET returns', async () => {
  expectCoverage(await runStorm({ seed: 1, ms: 8_000, everyFault: true }))
}, 300_000)

test('L1, E1, M6: the same holds while rate limits refuse many requests', async () => {
  expectCoverage(await runStorm({ seed: 3, ms: 5_000, everyFault: true, rateLimits: true }))
}, 300_000)

test.skipIf(!hasPostgres)(
  `M1, M2, M4, M6, T1, T2, T3, T4, T5, T6: the same holds on Postgres (${hasPostgres ? 'a short storm' : 'Postgres is not installed'})`,
  async () => {
    expectCoverage(await runStorm({ seed: 2, ms: 5_000, everyFault: true, engine: 'postgres' }))
  },
  300_000
)
