import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Signal } from '@parley/contract/events'
import { typingSeconds } from '@parley/contract/limits'
import { Hub } from '../../../../server/platform/realtime/hub.ts'
import { MemoryExchange } from '../../../../server/platform/realtime/memory-bus.ts'
import { SignalSlot } from '../../../../server/platform/realtime/signal-slot.ts'
import { modelLog } from './model-log.ts'
import { ModelSocket } from './model-socket.ts'

const jane = 10
const typing = (conversationId: number, userId: number): Signal => ({
  name: 'typing',
  data: { conversationId: String(conversationId), userId: String(userId) }
})
const presence = (userId: number, online: boolean): Signal => ({
  name: 'presence',
  data: { userId: String(userId), online, lastSeenAt: null }
})

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** Resolves when all pending work has ended. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Opens a hub with a stream of jane's, whose reader reads when the test says so. */
async function openJane() {
  const model = modelLog(queueMicrotask)
  const exchange = new MemoryExchange()
  const hub = new Hub(model.log, exchange.connect(), {
    syncIntervalMs: 60_000,
    streamMaxLifeMs: 3_600_000,
    streamsPerUser: 100
  })
  const socket = new ModelSocket(queueMicrotask)
  const owner = { userId: jane, sessionId: 1, expiresAt: Date.now() + 3_600_000 }
  const opened = hub.open(socket.asSocket(), { ...owner, after: 'e-0' })
  const read = async () => {
    const text = socket.read(1e6).toString('utf8')
    await settled()
    return text
  }
  /** Fills her socket: from here on she receives nothing until she reads. */
  const stop = async () => {
    model.report(model.commit(Array.from({ length: 10 }, () => jane)))
    await settled()
    expect(socket.writableNeedDrain).toBe(true)
  }
  return { model, hub, socket, opened, read, stop, elsewhere: exchange.connect() }
}

/** Returns the data of the signals in a stream's text, in order. */
const signalsIn = (text: string) =>
  [...text.matchAll(/^event: (?:typing|presence)\ndata: (.*)\n\n/gm)].map(
    ([, data]) => JSON.parse(data!) as Record<string, unknown>
  )

describe('A signal', () => {
  test("G3: is written as it arrives, with its name and without an id: the stream's cursor stays", async () => {
    const { hub, opened, read } = await openJane()
    await opened
    await read()
    hub.signal([jane, 11], typing(7, 2))
    hub.signalHere([jane], presence(2, true))
    expect(await read()).toBe(
      'event: typing\ndata: {"conversationId":"7","userId":"2"}\n\n' +
        'event: presence\ndata: {"userId":"2","online":true,"lastSeenAt":null}\n\n'
    )
    expect(hub.counts).toMatchObject({ signals: 2, signalsDropped: 0, databasePulls: 0 })
    hub.close()
  })

  test('G5: arrives from another node as well, and is forwarded to others, except presence', async () => {
    const { hub, opened, read, elsewhere } = await openJane()
    await opened
    await read()
    const received: Signal[] = []
    elsewhere.subscribe(jane, { head() {}, signal: (signal) => void received.push(signal) })
    elsewhere.publishSignal(jane, typing(7, 2))
    expect(signalsIn(await read())).toEqual([typing(7, 2).data])
    hub.signal([jane], typing(7, 3))
    hub.signalHere([jane], presence(3, true))
    expect(received).toEqual([typing(7, 3)])
    hub.close()
  })

  test('G2: of each kind, the latest is sent to a slow reader, after its pending events', async () => {
    const { hub, opened, read, stop } = await openJane()
    await opened
    await stop()
    for (let i = 0; i < 100; i++) {
      hub.signalHere([jane], presence(2, i % 2 === 0))
      hub.signalHere([jane], typing(7, 3))
    }
    hub.signalHere([jane], typing(8, 3))
    expect(hub.counts.signals).toBe(0)
    const before = await read()
    expect(signalsIn(before)).toEqual([])
    expect(before).toContain('id: e-10\n')
    expect(signalsIn(await read())).toEqual([presence(2, false).data, typing(7, 3).data, typing(8, 3).data])
    expect(hub.counts.signals).toBe(3)
    hub.close()
  })

  test('G2: waits while the stream is being opened, and is sent once it is complete', async () => {
    const { hub, opened, read } = await openJane()
    hub.signalHere([jane], typing(7, 2))
    expect(signalsIn(await read())).toEqual([])
    await opened
    expect(signalsIn(await read())).toEqual([typing(7, 2).data])
    hub.close()
  })

  test('G2: is never stale: typing that waited for half of its lifetime is dropped, presence is sent', async () => {
    const { hub, opened, read, stop } = await openJane()
    await opened
    await stop()
    hub.signalHere([jane], typing(7, 2))
    hub.signalHere([jane], presence(2, true))
    vi.advanceTimersByTime(typingSeconds * 500 - 1)
    hub.signalHere([jane], typing(7, 3))
    vi.advanceTimersByTime(1)
    await read()
    expect(signalsIn(await read())).toEqual([presence(2, true).data, typing(7, 3).data])
    expect(hub.counts).toMatchObject({ signals: 2, signalsDropped: 1 })
    hub.close()
  })

  test('G1: of a conversation does not reach a member who was removed while it was queued', async () => {
    for (const how of ['here', 'elsewhere']) {
      const { hub, model, opened, read, stop, elsewhere } = await openJane()
      await opened
      await stop()
      hub.signalHere([jane], typing(7, 2))
      hub.signalHere([jane], presence(2, true))
      const [removal] = model.commit([jane])
      if (how === 'here') model.report([{ ...removal!, retracts: true }])
      else elsewhere.publishHead(jane, 11)
      let text = ''
      while (!text.includes('presence')) text += await read()
      expect([how, signalsIn(text)]).toEqual([how, [presence(2, true).data]])
      expect(hub.counts.signalsDropped).toBe(1)
      hub.close()
    }
  })

  test('G1: does not reach a session that has ended', async () => {
    const { hub, socket, opened, read } = await openJane()
    await opened
    hub.limitSession({ userId: jane, sessionId: 1, expiresAt: 0 })
    hub.signalHere([jane], typing(7, 2))
    expect(signalsIn(await read())).toEqual([])
    expect(socket.wroteAfterEnd).toBe(0)
    hub.close()
  })

  test('G2: that filled the socket is followed by the latest one, even if nothing else wakes the stream', async () => {
    const { hub, opened, read, socket } = await openJane()
    await opened
    await read()
    while (!socket.writableNeedDrain) hub.signalHere([jane], presence(2, true))
    hub.signalHere([jane], presence(2, false))
    expect(signalsIn(await read())).not.toContainEqual(presence(2, false).data)
    expect(signalsIn(await read())).toEqual([presence(2, false).data])
    hub.close()
  })
})

test('G2: the queue is bounded, and drops the oldest', () => {
  const slot = new SignalSlot()
  let dropped = 0
  for (let i = 0; i < 1_000; i++) {
    for (const key of ['again', String(i)]) {
      dropped += slot.put({ key, bytes: Buffer.from(''), until: Infinity, within: true })
    }
  }
  expect([dropped, slot.size]).toEqual([745, 256])
  expect(
    slot
      .take(0)
      .map(({ key }) => key)
      .slice(0, 2)
  ).toEqual(['745', '746'])
  expect(slot.size).toBe(0)
})

test("a user's first stream and the closing of their last one are reported; those in between are not", async () => {
  const model = modelLog(queueMicrotask)
  const changes: unknown[] = []
  const hub = new Hub(model.log, new MemoryExchange().connect(), {
    syncIntervalMs: 60_000,
    streamMaxLifeMs: 3_600_000,
    streamsPerUser: 2,
    onPerson: (...person) => void changes.push(person)
  })
  const sockets = [1, 2, 3].map(() => new ModelSocket(queueMicrotask))
  const owner = { userId: jane, sessionId: 1, expiresAt: Date.now() + 3_600_000 }
  // The third is refused.
  for (const socket of sockets) await hub.open(socket.asSocket(), { ...owner, after: null })
  expect(changes).toEqual([[jane, true]])
  sockets[0]!.destroy()
  await settled()
  expect(changes).toHaveLength(1)
  sockets[1]!.destroy()
  await settled()
  expect(changes).toEqual([
    [jane, true],
    [jane, false]
  ])
  hub.close()
})
