import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppCommands } from '../harness/app-process.ts'
import { startCallee } from '../harness/calls.ts'
import { createCrowd } from '../harness/crowd.ts'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { RawSender } from '../harness/raw-sender.ts'
import { startSwarm } from '../harness/swarm.ts'

const appProcess = new URL('../harness/app-process.ts', import.meta.url).pathname

let parley: Parley
let john: Api
let port: number
beforeAll(async () => {
  parley = await startParley({ env: { PARLEY_STREAMS_PER_USER: '1000' } })
  port = Number(new URL(parley.url).port)
  john = await loginAs(parley.url, 'john')
})
afterAll(() => parley.stop())

// Concurrent, because they mostly wait for server timers.
describe.concurrent('Parley', () => {
  test('refuses a body of 1 MB and keeps serving', async () => {
    const { id } = await john.conversationWith('jane')
    const sender = new RawSender(port)
    const body = JSON.stringify({ content: 'x'.repeat(1_000_000) })
    const answer = await sender.post(john.token, `/api/conversations/${id}/messages`, body)
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([413, 'body_too_large'])
    sender.close()
    expect((await john.get('/api/auth_user')).status).toBe(200)
  })

  test('S11: limits a user to 1,000 streams, each of which gets every event', async () => {
    await using swarm = startSwarm()
    const jane = await loginAs(parley.url, 'jane')
    const plan = { token: jane.token, person: 'jane' }
    await swarm.call('open', { port, plans: Array.from({ length: 1_000 }, () => plan) })
    await swarm.call('open', { port, plans: [plan], comesBack: false })
    expect((await swarm.call('tally')).refused).toEqual({ too_many_streams: 1 })

    const { id } = await john.conversationWith('jane')
    for (let n = 0; n < 20; n++) await john.send(id, `message ${n}`)
    const { headers } = await jane.get('/api/conversations')
    const head = Number(headers.get('event-cursor')!.split('-')[1])
    await swarm.call('untilAt', { seqs: { jane: head } })
    const { violations, open } = await swarm.call('tally')
    expect({ violations, open }).toEqual({ violations: [], open: 1_000 })
    await swarm.call('close')
  })

  test('answers 408 to 200 unfinished requests while serving others', async () => {
    const head = `POST /api/login HTTP/1.1\r\nHost: ${new URL(parley.url).host}\r\nContent-Type: application/json\r\n`
    const slow = [
      ...(await openSlow(100, head, 'X')),
      ...(await openSlow(100, `${head}Content-Length: 10000\r\n\r\n`, ' '))
    ]
    expect((await john.get('/api/auth_user')).status).toBe(200)
    for (const answer of await Promise.all(slow.map((each) => each.answer))) {
      expect(answer).toContain('HTTP/1.1 408 ')
      expect(answer).toContain('request_timeout')
    }
  })

  test('S12: releases descriptors, timers, listeners and heap after 2,000 streams are opened and dropped ten times', async () => {
    const { dataDir, members } = await createCrowd(2_000)
    await using app = startCallee<AppCommands>(appProcess, { execArgv: ['--expose-gc'] })
    const env = { DATA_DIR: dataDir, PARLEY_DRAIN_SECONDS: '0', PARLEY_STREAM_MAX_LIFE_MINUTES: '0.03' }
    const { port } = await app.call('start', { env })
    await using swarm = startSwarm()
    const plans = members.map(({ user, token }) => ({ token, person: user.username }))

    async function openAndDrop(round: number): Promise<void> {
      await swarm.call('open', { port, plans, comesBack: false })
      // Dropped by their clients, or ended by the server at their maximum lifetime.
      if (round % 3 > 0) await swarm.call('close')
      await app.call('untilStreamless')
      await swarm.call('close')
    }
    for (let round = 0; round < 3; round++) await openAndDrop(round)
    const before = await app.call('measure')
    for (let round = 0; round < 10; round++) await openAndDrop(round)
    const after = await app.call('measure')
    expect({ ...after, heapBytes: 0 }).toEqual({ ...before, heapBytes: 0 })
    // 50 bytes per stream: less than any leaked object.
    expect(after.heapBytes - before.heapBytes).toBeLessThan(1_000_000)
    await app.call('close')
    await rm(dataDir, { recursive: true })
  }, 300_000)
})

/** Opens requests that send their beginning and then one character per second. */
async function openSlow(
  count: number,
  beginning: string,
  more: string
): Promise<{ answer: Promise<string> }[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(beginning)
      const trickle = setInterval(() => socket.write(more), 1_000)
      return { answer: readAll(socket).finally(() => clearInterval(trickle)) }
    })
  )
}

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString()))
  socket.on('error', () => {})
  await once(socket, 'close')
  return text
}
