import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCursor } from '@parley/contract/cursor'
import { openSqliteStore } from '../../server/sqlite-store.ts'
import { sendOf } from '../fixtures/people.ts'
import { boundsOf } from '../fixtures/logs.ts'
import { call, loginAs, type Api } from '../harness/api.ts'
import { freePort, startParley, type Parley } from '../harness/parley.ts'
import { openStream, type EventStream } from '../harness/stream.ts'

/** Jane's log has `written` events, of which the newest `kept` are retained. */
const [written, kept] = [12_000, 11_000]
/** Events per read of the log. */
const page = 200

let dataDir: string
let parley: Parley
let metricsUrl: string
let john: Api
let jane: Api
let conversation: string
let epoch: string
let head: number
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-cursors-'))
  const metricsPort = await freePort()
  metricsUrl = `http://localhost:${metricsPort}/metrics`
  parley = await startParley({ dataDir, env: { PARLEY_METRICS_PORT: String(metricsPort) } })
  ;[john, jane] = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  conversation = (await john.conversationWith('jane')).id
  await parley.kill('SIGTERM')
  const store = await openSqliteStore(join(dataDir, 'parley.db'))
  epoch = store.epoch
  const [sender, place] = [Number(john.user.id), Number(conversation)]
  await Promise.all(Array.from({ length: written - 1 }, (_, n) => store.send(sendOf(sender, place, `${n}`))))
  head = (await boundsOf(store, Number(jane.user.id))).head
  const old = { before: Date.now() + 1, keep: kept, limit: written }
  while ((await store.write('pruneEvents', old)) > 0);
  await store.close()
  await parley.restart()
})
afterAll(async () => {
  await parley.stop()
  await rm(dataDir, { recursive: true })
})

/** Returns the number of log reads since the server started. */
async function reads(): Promise<number> {
  const metrics = await (await fetch(metricsUrl)).text()
  return Number(/^parley_stream_pulls_total\{source="database"\} (\d+)$/m.exec(metrics)![1])
}

/** Reads a stream after `seq` until it is complete. */
async function at(seq: number, of = epoch): Promise<EventStream> {
  const stream = await openStream(parley.url, jane.token, { lastEventId: `${of}-${seq}` })
  await stream.until(({ name }) => name === 'sync')
  stream.cut()
  return stream
}

const seqsOf = ({ seen }: EventStream) =>
  seen.flatMap(({ id }) => (id === null ? [] : [parseCursor(id)!.seq]))
const countedFrom = (first: number) => Array.from({ length: head - first + 1 }, (_, n) => first + n)

test('S1: a client 11,000 events behind gets each event once, in order, with one read per page', async () => {
  const before = await reads()
  expect(seqsOf(await at(head - kept))).toEqual(countedFrom(head - kept + 1))
  expect((await reads()) - before).toBeLessThanOrEqual(kept / page + 1)
})

test('S1: resuming near the head of a long log takes one read, and at the head none', async () => {
  const before = await reads()
  expect(seqsOf(await at(head - 5))).toEqual(countedFrom(head - 4))
  expect((await reads()) - before).toBe(1)
  expect(seqsOf(await at(head))).toEqual([])
  expect((await reads()) - before).toBe(1)
})

test('S3: a cursor below the floor, above the head or of another epoch gets a reset with the head, without a log read, and continues live', async () => {
  const before = await reads()
  for (const [seq, of, reason] of [
    [head - kept - 1, epoch, 'pruned'],
    [0, epoch, 'pruned'],
    [head + 1, epoch, 'ahead'],
    [Number.MAX_SAFE_INTEGER, epoch, 'ahead'],
    [head, 'another', 'epoch']
  ] as const) {
    const stream = await at(seq, of)
    expect(stream.seen[0]).toEqual({ name: 'reset', id: `${epoch}-${head}`, data: { reason } })
    expect(stream.seen[1]).toEqual({ name: 'sync', id: null, data: { head } })
  }
  expect((await reads()) - before).toBe(0)

  const stream = await openStream(parley.url, jane.token, { lastEventId: `another-${head}` })
  await stream.until(({ name }) => name === 'sync')
  await john.send(conversation, 'live again')
  const { id } = await stream.until(({ name }) => name === 'message')
  expect(id).toBe(`${epoch}-${++head}`)
  stream.cut()
})

test('S3: an invalid cursor is answered 400, in the header and in the query, including NUL and 10 kB', async () => {
  const headers = { authorization: `Bearer ${jane.token}`, accept: 'text/event-stream' }
  const junk = ['x', epoch, `${epoch}-`, `${epoch}--1`, `${epoch}-1e3`, `-${head}`, 'e'.repeat(10_000), '💥']
  for (const cursor of junk) {
    const address = `${parley.url}/api/messages?after=${encodeURIComponent(cursor)}`
    expect((await call<{ code: string }>(address, { headers })).body.code, cursor).toBe('cursor_invalid')
    if (cursor === '💥') continue
    const answer = await call(`${parley.url}/api/messages`, {
      headers: { ...headers, 'last-event-id': cursor }
    })
    expect([answer.status, cursor]).toEqual([400, cursor])
  }
  const nul = await call<{ code: string }>(`${parley.url}/api/messages?after=%00`, { headers })
  expect(nul.body.code).toBe('cursor_invalid')
  const socket = connect(Number(new URL(parley.url).port), 'localhost')
  await once(socket, 'connect')
  const lines = Object.entries({ host: 'localhost', ...headers, 'last-event-id': '\0' })
  socket.write(`GET /api/messages HTTP/1.1\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /)
})
