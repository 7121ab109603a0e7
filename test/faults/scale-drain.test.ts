import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createCrowd, readHeads } from '../harness/crowd.ts'
import { startPacedLoad } from '../harness/paced-load.ts'
import { startParley } from '../harness/parley.ts'
import { RawConnection } from '../harness/raw-connection.ts'
import { startSwarm } from '../harness/swarm.ts'

const people = 3_000
const env = { PARLEY_DRAIN_SECONDS: '6' }

/**
 * Stalled requests: a phone that vanished with its stream, a reader of no responses, half a request and half
 * a body.
 */
function stalledRequests(token: string): string[] {
  const of = (line: string) => `${line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n`
  return [
    `${of('GET /api/messages')}Accept: text/event-stream\r\n\r\n`,
    `${of('GET /api/openapi.json')}\r\n`.repeat(8),
    of('GET /api/auth_user'),
    `${of('POST /api/logout')}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{`
  ]
}

async function stall(url: string, request: string): Promise<RawConnection> {
  const connection = await RawConnection.open(url)
  connection.send(request)
  return connection
}

test('S10: SIGTERM with 3,000 streams, stalled peers and sends in flight loses nothing; Parley turns unready at once, every stream gets its own retry delay, and all come back', async () => {
  const { dataDir, members, pairs } = await createCrowd(people, { paired: true })
  await using parley = await startParley({ dataDir, env })
  await using swarm = startSwarm()
  const port = Number(new URL(parley.url).port)
  await swarm.call('open', {
    port,
    plans: members.map(({ user, token }) => ({ token, person: user.username }))
  })
  const sending = pairs.slice(0, 100)
  const load = startPacedLoad({ port, pairs: sending, perSecond: 500 })
  await load.untilAcknowledged(500)

  const stalled = await Promise.all(
    stalledRequests(members[0]!.token).map((request) => stall(parley.url, request))
  )
  const exit = parley.kill('SIGTERM')
  let openWhenUnready: number | null = null
  while (openWhenUnready === null) {
    const answer = await fetch(`${parley.url}/readyz`).catch(() => null)
    if (answer?.status !== 200) openWhenUnready = (await swarm.call('tally')).open
    if (openWhenUnready !== null) expect(answer?.status).toBe(503)
  }
  expect(openWhenUnready).toBeGreaterThan(0)
  expect(await exit).toEqual({ code: 0, signal: null })
  // It was not cut short by its deadline.
  expect(parley.output()).toContain('Parley stopped.')
  for (const { socket } of stalled) socket.destroy()
  const { ends } = await swarm.call('tally')
  expect(ends).toBeGreaterThanOrEqual(people)

  await parley.restart()
  await swarm.call('untilSynced', { count: people })
  await load.untilAcknowledged(1_500)
  await load.finish()
  const seqs = await readHeads(
    parley.url,
    sending.flatMap((pair) => pair.members)
  )
  await swarm.call('untilAt', { seqs })
  const { violations, retriesMs } = await swarm.call('tally')
  expect(violations).toEqual([])
  let delivered = 0
  for (const { members } of sending) {
    delivered += (await swarm.call('log', { person: members[1].user.username })).length
  }
  expect(delivered).toBe(load.acknowledged.length)

  // Each stream gets its own reconnect delay.
  expect(retriesMs.length).toBeGreaterThanOrEqual(people)
  expect(Math.min(...retriesMs)).toBeGreaterThanOrEqual(1_000)
  expect(new Set(retriesMs).size).toBeGreaterThan(500)
  await swarm.call('close')
  await parley.stop()
  await rm(dataDir, { recursive: true })
}, 300_000)
