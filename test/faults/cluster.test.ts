import { expect, test } from 'vitest'
import { noCluster } from '../harness/cluster.ts'
import { runClusterStorm } from './cluster-storm.ts'

test.skipIf(noCluster)(
  `N1, N2, N3, N4, N5, N6: three nodes, their NATS and their Postgres broken at once: each message once, in order, in time, to every reader (${noCluster ?? 'a short storm'})`,
  async () => {
    const { faults, messages, snapshots } = await runClusterStorm({ seed: 1, ms: 22_000, everyFault: true })
    // A storm that injected nothing proves nothing.
    expect(Object.entries(faults).filter(([, count]) => count === 0)).toEqual([])
    expect(messages).toBeGreaterThan(200)
    expect(snapshots).toBeGreaterThan(20)
  },
  300_000
)
