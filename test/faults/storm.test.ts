import { expect, test } from 'vitest'
import { runStorm } from './storm.ts'

test('rules 1, 2, 8 and 10: killed servers, torn streams, retried keys: each message once, in order, to every reader', async () => {
  const { faults, messages, snapshots } = await runStorm({ seed: 1, ms: 12_000 })
  // A storm that injected nothing proves nothing.
  expect(Object.entries(faults).filter(([, count]) => count === 0)).toEqual([])
  expect(messages).toBeGreaterThan(500)
  expect(snapshots).toBeGreaterThan(20)
})
