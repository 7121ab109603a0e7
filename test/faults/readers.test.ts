import { mkdtemp, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createClient, EventStream } from '@parley/client'
import { formatCursor, parseCursor, type Cursor } from '@parley/contract/cursor'
import type { LogEvent } from '@parley/contract/events'
import { openSqliteStore } from '../../server/sqlite-store.ts'
import { sendOf } from '../fixtures/people.ts'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { countSockets, residentBytes, untilTrue } from '../harness/process-state.ts'
import { openStream, type EventStream as RawStream } from '../harness/stream.ts'
import { openTcpProxy } from '../harness/tcp-proxy.ts'

const portOf = (url: string) => ({ port: Number(new URL(url).port) })

/** Runs the real client against the real server from `cursor`. `events` lists the events in order. */
function listen(baseUrl: string, token: string, cursor: Cursor, onOpen: () => void = () => {}) {
  const client = createClient({ baseUrl, token })
  const events: { event: LogEvent; seq: number }[] = []
  const surprises: string[] = []
  let changed = Promise.withResolvers<void>()
  const change = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const stream = new EventStream({
    open(cursor, signal) {
      onOpen()
      return client.openEvents(cursor, signal)
    },
    cursor,
    onEvent: (event, { seq }) => {
      events.push({ event, seq })
      change()
    },
    onReset: (reason) => {
      surprises.push(reason)
      return Promise.reject(new Error(reason))
    },
    onState: change,
    onSignedOut: () => void surprises.push('signed out'),
    random: () => 0
  })
  return {
    stream,
    events,
    surprises,
    async until(condition: () => boolean) {
      while (!condition()) await changed.promise
    }
  }
}

test('S1, S6: a stream cut at every byte delivers each event to the client once, whole and in order', async () => {
  await using parley = await startParley()
  const [john, jane] = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  const { id } = await john.conversationWith('jane')
  const start = parseCursor((await jane.get(`/api/conversations/${id}`)).headers.get('event-cursor')!)!
  await john.send(id, 'grüße 👋🏽, "quoted"\r\nand on two lines')
  await jane.post(`/api/conversations/${id}/read_messages`)
  const { epoch, seq } = start

  await using proxy = await openTcpProxy(portOf(parley.url))
  const whole = listen(proxy.url, jane.token, start)
  await whole.until(() => whole.stream.state === 'complete')
  const bytes = proxy.links[0]!.answered
  whole.stream.close()
  expect(whole.events.map(({ event }) => event.name)).toEqual(['message', 'read'])
  expect(bytes).toBeGreaterThan(500)

  let resumed = 0
  for (let cutAfterBytes = 0; cutAfterBytes < bytes; cutAfterBytes++) {
    let connections = 0
    const cut = listen(proxy.url, jane.token, start, () =>
      proxy.suffer(connections++ === 0 ? { cutAfterBytes } : {})
    )
    await cut.until(() => cut.stream.state === 'complete')
    expect([cutAfterBytes, cut.events, cut.surprises]).toEqual([cutAfterBytes, whole.events, []])
    expect(cut.stream.cursor).toEqual({ epoch, seq: seq + 2 })
    if (connections > 1) resumed++
    cut.stream.close()
  }
  // Every cut took effect.
  expect(resumed).toBe(bytes)
})

const waiting = 50_000
/** Messages queued for storage at the same time; fewer bytes than the limit. */
const sentTogether = 5_000

/** Starts a Parley with fifty thousand messages from john to jane, all unread. */
async function startWithBacklog(
  dataDir: string
): Promise<{ parley: Parley; john: Api; jane: Api; id: string }> {
  const parley = await startParley({ dataDir })
  const [john, jane] = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  const { id } = await john.conversationWith('jane')
  await parley.kill('SIGTERM')
  const store = await openSqliteStore(join(dataDir, 'parley.db'))
  const content = 'x'.repeat(1_000)
  for (let sent = 0; sent < waiting; sent += sentTogether) {
    await Promise.all(
      Array.from({ length: sentTogether }, (_, i) =>
        store.send(sendOf(Number(john.user.id), Number(id), `${sent + i} ${content}`))
      )
    )
  }
  await store.close()
  await parley.restart()
  return { parley, john, jane, id }
}

const seqsOf = (stream: RawStream) =>
  stream.seen.flatMap((event) => (event.id === null ? [] : [parseCursor(event.id)!.seq]))
const isCountedFrom = (first: number, seqs: number[]) => seqs.every((seq, i) => seq === first + i)

test.concurrent('S8: readers that stop or read 1 kB/s, 50,000 events behind, use bounded memory, delay no one, and make progress', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-backlog-'))
  const { parley, john, jane, id } = await startWithBacklog(dataDir)
  try {
    const epoch = parseCursor(
      (await jane.get(`/api/conversations/${id}`)).headers.get('event-cursor')!
    )!.epoch
    const from = (seq: number) => ({ lastEventId: formatCursor({ epoch, seq }) })
    await using slow = await openTcpProxy(portOf(parley.url))
    await using stopped = await openTcpProxy(portOf(parley.url))
    await using patient = await openTcpProxy(portOf(parley.url))
    patient.suffer({ bytesPerSecond: 1_000 })

    // A fast reader, to warm up caches first.
    const quick = await openStream(parley.url, jane.token, from(0))
    const his = await openStream(parley.url, john.token)
    await quick.until((event) => event.name === 'sync')
    expect(isCountedFrom(1, seqsOf(quick))).toBe(true)
    expect(seqsOf(quick).length).toBeGreaterThan(waiting)
    const sockets = countSockets(parley.pid)
    const resident = residentBytes(parley.pid)

    // Each starts at its own cursor: streams at the same cursor share their bytes.
    const slowReaders = await Promise.all(
      Array.from({ length: 20 }, (_, i) => openStream(slow.url, jane.token, from(i * 7)))
    )
    slow.suffer({ bytesPerSecond: 1_000 })
    for (let i = 0; i < 5; i++) await openStream(stopped.url, jane.token, from(200 + i * 7))
    stopped.suffer({ silent: true })
    // The client's own stream, cut repeatedly, is further each time it reconnects.
    const progress = listen(patient.url, jane.token, { epoch, seq: 0 })
    let delivered = 0
    // Wait until all 25 are closed; the client's stream may reconnect in the meantime.
    while (countSockets(parley.pid) > sockets + 1) {
      const { id: sent } = await john.send(id, `meanwhile ${delivered++}`)
      const has = (event: { data: unknown }) => (event.data as { id?: string }).id === sent
      await Promise.all([quick.until(has), his.until(has)])
      // Reading for them produces some 150 MB of garbage; their full backlog would be 1,400 MB.
      expect(residentBytes(parley.pid) - resident).toBeLessThan(512 * 1_024 * 1_024)
      const before = progress.events.length
      await progress.until(() => progress.events.length > before)
      patient.cut()
    }
    expect(delivered).toBeGreaterThan(2)
    expect(progress.surprises).toEqual([])
    expect(
      isCountedFrom(
        1,
        progress.events.map(({ seq }) => seq)
      )
    ).toBe(true)
    progress.stream.close()

    // Bytes in flight still arrive; the rest follows after the cursor.
    slow.suffer({})
    await Promise.all(slowReaders.map((reader) => reader.ended))
    for (const [i, reader] of slowReaders.entries())
      expect(isCountedFrom(i * 7 + 1, seqsOf(reader))).toBe(true)
    const last = seqsOf(slowReaders[0]!).at(-1)!
    expect(last).toBeLessThan(waiting)
    const rest = await openStream(parley.url, jane.token, from(last))
    await rest.until((event) => event.name === 'sync')
    expect(isCountedFrom(last + 1, seqsOf(rest))).toBe(true)
    expect(seqsOf(rest).at(-1)).toBe(seqsOf(quick).at(-1))
  } finally {
    await parley.stop()
    await rm(dataDir, { recursive: true })
  }
}, 240_000)

test.concurrent("S13: half-open peers of an idle user are closed at a stream's maximum lifetime", async () => {
  const env = { PARLEY_STREAM_MAX_LIFE_MINUTES: '0.05', PARLEY_SYNC_INTERVAL_SECONDS: '0.5' }
  await using parley = await startParley({ env })
  const jane = await loginAs(parley.url, 'jane')
  await using proxy = await openTcpProxy({ ...portOf(parley.url), host: '127.0.0.1' })
  const sockets = countSockets(parley.pid)
  // Silence each one right after it opens, so that the timing does not depend on opening all of them.
  for (let opened = 1; opened <= 50; opened++) {
    const stream = await openStream(proxy.url, jane.token)
    await stream.next()
    expect(proxy.links).toHaveLength(opened)
    proxy.links.at(-1)!.suffer({ silent: true })
  }
  await untilTrue('the streams are reaped', () => countSockets(parley.pid) <= sockets)
  // The clients did not close.
  expect(proxy.links).toHaveLength(50)
})

test.concurrent('S13: the kernel probes idle peers, so that a vanished machine is detected', async () => {
  await using parley = await startParley({ env: { HOST: '127.0.0.1' } })
  const jane = await loginAs(parley.url, 'jane')
  const stream = await openStream(parley.url, jane.token)
  await stream.next()
  const port = portOf(parley.url).port.toString(16).toUpperCase().padStart(4, '0')
  const keptAlive = () =>
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      // An established connection on this port with a keepalive timer (02) and nothing in flight.
      .some(
        ([, local, , state, , timer]) =>
          local?.endsWith(`:${port}`) && state === '01' && timer?.startsWith('02:')
      )
  await untilTrue('a keepalive timer runs', keptAlive)
  stream.cut()
})
