import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import { openSqliteStore } from '../../server/sqlite-store.ts'
import { sendOf } from '../fixtures/people.ts'
import { call, loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { countSockets, untilTrue } from '../harness/process-state.ts'
import { RawConnection } from '../harness/raw-connection.ts'
import { openStream, type EventStream } from '../harness/stream.ts'
import { openTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts'

/** More than the buffers between server and reader hold: 24 MB. */
const waiting = 6_000

let dataDir: string
let parley: Parley
let john: Api
let conversation: string
let epoch: string
let proxy: TcpProxy
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-revocation-'))
  // Shorter than the test's waits, so that the server's tick and sync happen within them.
  parley = await startParley({ dataDir, env: { PARLEY_SYNC_INTERVAL_SECONDS: '0.5' } })
  john = await loginAs(parley.url, 'john')
  conversation = (await john.conversationWith('jane')).id
  await parley.kill('SIGTERM')
  const store = await openSqliteStore(join(dataDir, 'parley.db'))
  epoch = store.epoch
  const content = 'x'.repeat(4_000)
  await Promise.all(
    Array.from({ length: waiting }, (_, n) =>
      store.send(sendOf(Number(john.user.id), Number(conversation), `${n} ${content}`))
    )
  )
  await store.close()
  await parley.restart()
  proxy = await openTcpProxy({ port: Number(new URL(parley.url).port) })
})
afterAll(async () => {
  await proxy.close()
  await parley.stop()
  await rm(dataDir, { recursive: true })
})

const seqsOf = (stream: EventStream) =>
  stream.seen.flatMap(({ id }) => (id === null ? [] : [parseCursor(id)!.seq]))

async function expectSignedOut({ url, token }: Api): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  for (const path of [
    '/api/auth_user',
    '/api/messages',
    `/api/messages?after=${formatCursor({ epoch, seq: 1 })}`
  ])
    expect((await call(url + path, { headers })).status, path).toBe(401)
}

/** Opens a replay of the whole log with a slow reader, so that most of it is still unsent. */
async function openSlowReplay(jane: Api): Promise<EventStream> {
  proxy.suffer({ bytesPerSecond: 20_000 })
  const stream = await openStream(proxy.url, jane.token, {
    query: `?after=${formatCursor({ epoch, seq: 0 })}`
  })
  await stream.until(({ name }) => name === 'message')
  return stream
}

/** Reads at full speed: bytes in flight arrive, and nothing after them. */
async function expectEnd(stream: EventStream): Promise<void> {
  proxy.suffer({})
  await stream.ended
  const seqs = seqsOf(stream)
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  expect(seqs.length).toBeLessThan(waiting)
  expect(stream.seen.map(({ name }) => name)).not.toContain('sync')
}

test('S5: a logout ends the live streams of its session only, and they receive nothing sent after it', async () => {
  const [jane, phone] = [await loginAs(parley.url, 'jane'), await loginAs(parley.url, 'jane')]
  const streams = await Promise.all([openStream(parley.url, jane.token), openStream(parley.url, jane.token)])
  const hers = await openStream(parley.url, phone.token)
  for (const stream of [...streams, hers]) await stream.until(({ name }) => name === 'sync')
  expect((await jane.post('/api/logout')).status).toBe(204)
  await john.send(conversation, 'after the logout')
  await hers.until(({ name }) => name === 'message')
  for (const stream of streams) {
    await stream.ended
    expect(stream.seen.filter(({ name }) => name !== 'sync')).toEqual([])
  }
  await expectSignedOut(jane)
  hers.cut()
})

test('S5: a logout ends a long replay in progress', async () => {
  const jane = await loginAs(parley.url, 'jane')
  const stream = await openSlowReplay(jane)
  expect((await jane.post('/api/logout')).status).toBe(204)
  await expectEnd(stream)
  await expectSignedOut(jane)
})

test('S5: a logout ends the stream of a stopped reader', async () => {
  const jane = await loginAs(parley.url, 'jane')
  const quiet = countSockets(parley.pid)
  const stalled = await RawConnection.open(parley.url)
  stalled.send(
    `GET /api/messages?after=${formatCursor({ epoch, seq: 0 })} HTTP/1.1\r\nHost: localhost\r\n` +
      `Accept: text/event-stream\r\nAuthorization: Bearer ${jane.token}\r\n\r\n`
  )
  // More is in flight than the buffers hold, and nothing reads it.
  await once(stalled.socket, 'readable')
  expect((await jane.post('/api/logout')).status).toBe(204)
  // Well before the 10 s after which a stopped reader is closed anyway.
  await untilTrue('the stream is destroyed', () => countSockets(parley.pid) <= quiet, 5_000)
  stalled.socket.destroy()
})

test("S5: a session's expiry ends a long replay in progress", async () => {
  const jane = await loginAs(parley.url, 'jane')
  const database = new DatabaseSync(join(dataDir, 'parley.db'), { timeout: 10_000 })
  database
    .prepare('UPDATE sessions SET expires_at = ? WHERE user_id = ?')
    .run(Date.now() + 5_000, Number(jane.user.id))
  database.close()
  const stream = await openSlowReplay(jane)
  await expect.poll(async () => (await jane.get('/api/auth_user')).status).toBe(401)
  // An event for another user shows that the server has checked the clock again.
  const his = await openStream(parley.url, john.token)
  for (let syncs = 0; syncs < 4; syncs++) await his.until(({ name }) => name === 'sync')
  his.cut()
  await expectEnd(stream)
  await expectSignedOut(jane)
})

test('S5: a refreshed token and its stream live until the new token is used', async () => {
  const old = await loginAs(parley.url, 'jane')
  const stream = await openStream(parley.url, old.token)
  await stream.until(({ name }) => name === 'sync')
  const { body } = await old.post<{ token: string }>('/api/refresh_token')
  await stream.until(({ name }) => name === 'sync')
  const authorization = `Bearer ${body.token}`
  expect((await call(`${parley.url}/api/auth_user`, { headers: { authorization } })).status).toBe(200)
  await stream.ended
  await expectSignedOut(old)
})
