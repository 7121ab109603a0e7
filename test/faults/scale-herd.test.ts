import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createCrowd, readHeads } from '../harness/crowd.ts'
import { startPacedLoad } from '../harness/paced-load.ts'
import { startParley } from '../harness/parley.ts'
import { startSwarm } from '../harness/swarm.ts'

// `npm run bench -- herd` does the same with ten thousand.
const people = 5_000

test('S9, S1: 5,000 clients cut at once by a killed server all reconnect and miss nothing', async () => {
  const { dataDir, members, pairs } = await createCrowd(people, { paired: true })
  await using parley = await startParley({ dataDir })
  await using swarm = startSwarm()
  const port = Number(new URL(parley.url).port)
  await swarm.call('open', {
    port,
    plans: members.map(({ user, token }) => ({ token, person: user.username }))
  })
  // Sends to everyone before, during and after the outage.
  const load = startPacedLoad({ port, pairs, perSecond: 500 })
  await load.untilAcknowledged(500)
  await parley.kill('SIGKILL')
  await parley.restart()
  await swarm.call('untilSynced', { count: people })
  await load.untilAcknowledged(1_000)
  await load.finish()

  const sentTo = new Set(load.acknowledged.map(({ conversationId }) => conversationId))
  const receivers = pairs.filter(({ conversationId }) => sentTo.has(conversationId))
  const seqs = await readHeads(
    parley.url,
    receivers.flatMap((pair) => pair.members)
  )
  await swarm.call('untilAt', { seqs })
  const { violations, resets, refused, statuses, events } = await swarm.call('tally')
  expect({ violations, resets, statuses }).toEqual({ violations: [], resets: 0, statuses: {} })
  expect(refused).toEqual({})
  // Each message is one event for its sender and one for its reader.
  expect(events).toBe(2 * load.acknowledged.length)
  await swarm.call('close')
  await parley.stop()
  await rm(dataDir, { recursive: true })
}, 300_000)
