import { rm } from 'node:fs/promises'
import type { Message } from '@parley/contract/messages'
import { expect, test } from 'vitest'
import { createCrowd, readHeads } from '../harness/crowd.ts'
import { startPacedLoad } from '../harness/paced-load.ts'
import { startParley } from '../harness/parley.ts'
import { startSwarm } from '../harness/swarm.ts'

const perSecond = 1_000
const killsAfter = [800, 2_000, 3_200]
const devicesEach = 5

test('D1, E1, S1: after repeated kills during 1,000 sends a second, every acknowledged message exists exactly once', async () => {
  const { dataDir, members, pairs } = await createCrowd(20, { paired: true })
  await using parley = await startParley({ dataDir })
  await using swarm = startSwarm()
  const port = Number(new URL(parley.url).port)
  const plans = members.flatMap(({ user, token }) =>
    Array.from({ length: devicesEach }, () => ({ token, person: user.username }))
  )
  await swarm.call('open', { port, plans })
  const load = startPacedLoad({ port, pairs, perSecond })
  for (const count of killsAfter) {
    await load.untilAcknowledged(count)
    await parley.kill('SIGKILL')
    await parley.restart()
  }
  await load.untilAcknowledged(4_000)
  await load.finish()
  // Otherwise no kill interrupted a send.
  expect(load.retries).toBeGreaterThan(0)

  const seqs = await readHeads(parley.url, members)
  await swarm.call('untilAt', { seqs })
  expect((await swarm.call('tally')).violations).toEqual([])
  const acknowledged = load.acknowledged.map(({ id }) => id).toSorted()
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  for (const side of [0, 1]) {
    const logs = await Promise.all(
      pairs.map((pair) => swarm.call('log', { person: pair.members[side]!.user.username }))
    )
    const delivered = logs.flat().map((data) => (JSON.parse(data) as Message).id)
    expect(delivered.toSorted()).toEqual(acknowledged)
  }
  await swarm.call('close')
  await parley.stop()
  await rm(dataDir, { recursive: true })
}, 300_000)
