import { expect, test } from 'vitest'
import { runStorm } from './storm.ts'

test('D1, E1, O1, O2, O3, S1, S2, S5, S6: killed servers, broken connections, sessions that end, retried keys: each message once, in order, to every reader', async () => {
  const { faults, messages, snapshots } = await runStorm({ seed: 1, ms: 12_000, everyFault: true })
  // A storm that injected nothing proves nothing.
  expect(Object.entries(faults).filter(([, count]) => count === 0)).toEqual([])
  expect(messages).toBeGreaterThan(200)
  expect(snapshots).toBeGreaterThan(20)
}, 300_000)
