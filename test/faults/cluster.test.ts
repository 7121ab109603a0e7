import { test } from 'vitest'
import { noCluster } from '../harness/cluster.ts'
import { runClusterStorm } from './cluster-storm.ts'
import { expectCoverage } from './storm-expectations.ts'

test.skipIf(noCluster)(
  `N1, N2, N3, N4, N5, N6, M1, M2, M6: with three nodes, their NATS and their Postgres failing, every reader gets each message once, in order and in time, and the state that a GET returns (${noCluster ?? 'a short storm'})`,
  async () => {
    expectCoverage(await runClusterStorm({ seed: 1, ms: 22_000, everyFault: true }))
  },
  300_000
)
