import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { HubOptions } from '../../../../server/platform/realtime/hub.ts'
import { MemoryExchange } from '../../../../server/platform/realtime/memory-bus.ts'
import { pullMaxBytes, untilDrained } from '../../../../server/platform/realtime/slow-reader.ts'
import type { EventLog } from '../../../../server/platform/storage/event-log.ts'
import { sendOf, startPair } from '../../../fixtures/people.ts'
import { boundsOf } from '../../../fixtures/logs.ts'
import { openHub, openHubOn, type Listener } from './socket-pair.ts'

let world: Awaited<ReturnType<typeof openHub>>
beforeAll(async () => {
  world = await openHub()
})
afterAll(() => world.close())
afterEach(() => {
  vi.useRealTimers()
})

/** Opens a hub that closes no reader for being slow, because the tests end streams for other reasons. */
const openPatient = (options: Partial<HubOptions> = {}, log: EventLog = world.store.events) =>
  openHubOn(log, new MemoryExchange().connect(), { stallMs: 600_000, ...options })

type Pair = Awaited<ReturnType<typeof startPair>>

async function sendMany({ john, conversationId }: Pair, count: number, length = 3_000): Promise<void> {
  const content = 'x'.repeat(length)
  await Promise.all(
    Array.from({ length: count }, () => world.store.send(sendOf(john.userId, conversationId, content)))
  )
}

/** Stops reading, and fills the buffers between the two ends. */
async function stall(listener: Listener, pair: Pair): Promise<Socket> {
  listener.socket.pause()
  while (listener.served!.writableLength === 0) await sendMany(pair, 10, 20_000)
  return listener.served!
}

/** Resolves when a socket is closed, with or without an error. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())))
}

test("S19: frames pulled by all of a user's streams are released; those not pulled by a slow one are kept up to a bound", async () => {
  const own = await openPatient()
  const pair = await startPair(world.store)
  const streams = await Promise.all([1, 2, 3].map(() => own.open(pair.jane.userId)))
  await Promise.all(streams.map((stream) => stream.event('sync')))
  for (let round = 0; round < 3; round++) {
    await sendMany(pair, 5)
    const { head } = await boundsOf(world.store, pair.jane.userId)
    await Promise.all(streams.map((stream) => stream.until(() => stream.seqs.at(-1) === head)))
    expect(own.hub.frameBytes).toBe(0)
  }
  const [slow, ...others] = streams as [Listener, Listener, Listener]
  const served = await stall(slow, pair)
  await sendMany(pair, 200)
  expect(own.hub.frameBytes).toBeGreaterThan(0)
  expect(own.hub.frameBytes).toBeLessThanOrEqual(128 * 1_024)
  expect(served.writableLength).toBeLessThanOrEqual(pullMaxBytes)
  const closed = new Promise((resolve) => served.once('close', resolve))
  slow.socket.destroy()
  await closed
  const { head } = await boundsOf(world.store, pair.jane.userId)
  for (const stream of others) await stream.until(() => stream.seqs.at(-1) === head)
  expect(own.hub.frameBytes).toBe(0)
  for (const stream of others) expect(stream.seqs).toEqual(stream.seqs.map((_, i) => stream.seqs[0]! + i))
  own.close()
})

test("S19: above the process's bound, streams read from the database and miss nothing", async () => {
  const own = await openPatient({ framesMaxBytes: 1 })
  const pair = await startPair(world.store)
  const streams = await Promise.all([1, 2].map(() => own.open(pair.jane.userId)))
  await Promise.all(streams.map((stream) => stream.event('sync')))
  await sendMany(pair, 30)
  const { head } = await boundsOf(world.store, pair.jane.userId)
  for (const stream of streams) {
    await stream.until(() => stream.seqs.at(-1) === head)
    expect(stream.seqs).toEqual(stream.seqs.map((_, i) => stream.seqs[0]! + i))
  }
  expect(own.hub.counts).toMatchObject({ ringPulls: 0 })
  expect(own.hub.frameBytes).toBe(0)
  own.close()
})

test('S8: a page of the log is no larger than a pull of the newest frames', async () => {
  const own = await openPatient()
  const pair = await startPair(world.store)
  await sendMany(pair, 300)
  const writes: number[] = []
  const stream = await own.open(pair.jane.userId, `${world.store.epoch}-0`)
  const write = stream.served!.write.bind(stream.served)
  stream.served!.write = (data: Buffer | string, ...rest: never[]) => {
    writes.push(Buffer.byteLength(data))
    return write(data, ...rest)
  }
  const { head } = await boundsOf(world.store, pair.jane.userId)
  await stream.until(() => stream.seqs.at(-1) === head)
  expect(Math.max(...writes)).toBeLessThanOrEqual(pullMaxBytes)
  expect(own.hub.counts.databasePulls).toBeGreaterThan(10)
  own.close()
})

test.each(['the newest frames', 'the log'])(
  'S19: above the bound for all slow readers, each holds one event of %s, and misses none',
  async (source) => {
    const own = await openPatient({ unsentMuchBytes: 1, ...(source === 'the log' && { framesMaxBytes: 1 }) })
    const pair = await startPair(world.store)
    const streams = await Promise.all(Array.from({ length: 5 }, () => own.open(pair.jane.userId)))
    await Promise.all(streams.map((stream) => stream.event('sync')))
    await stall(streams[0]!, pair)
    const { head: seen } = await boundsOf(world.store, pair.jane.userId)
    for (const stream of streams.slice(1)) await stream.until(() => stream.seqs.at(-1) === seen)
    for (const { socket } of streams) socket.pause()
    while (streams.some(({ served }) => served!.writableLength === 0)) await sendMany(pair, 10, 20_000)
    const held = streams.map(({ served }) => served!.writableLength)
    // The first was given a page before any reader was slow.
    expect(held[0]).toBeLessThanOrEqual(pullMaxBytes)
    for (const bytes of held.slice(1)) expect(bytes).toBeLessThan(21_000)
    expect(own.hub.unsentBytes).toBe(held.reduce((sum, bytes) => sum + bytes))
    for (const { socket } of streams) socket.resume()
    const { head } = await boundsOf(world.store, pair.jane.userId)
    for (const stream of streams) {
      await stream.until(() => stream.seqs.at(-1) === head)
      expect(stream.seqs).toEqual(stream.seqs.map((_, i) => stream.seqs[0]! + i))
    }
    expect(own.hub.unsentBytes).toBe(0)
    own.close()
  }
)

test('S5: a logout destroys the stream of a stopped reader', async () => {
  const own = await openPatient()
  const pair = await startPair(world.store)
  const stream = await own.open(pair.jane.userId, null, 7)
  await stream.event('sync')
  const served = await stall(stream, pair)
  own.hub.limitSession({ userId: pair.jane.userId, sessionId: 7, expiresAt: 0 })
  await closing(served)
  expect(own.hub.size).toBe(0)
  own.close()
})

test('S10: a drain waits neither for a stopped reader nor for a refused stream', async () => {
  const own = await openPatient({ streamsPerUser: 1 })
  const pair = await startPair(world.store)
  const stream = await own.open(pair.jane.userId)
  await stream.event('sync')
  const served = await stall(stream, pair)
  const refused = await own.open(pair.jane.userId)
  // It sends nothing and closes nothing.
  refused.socket.pause()
  refused.socket.allowHalfOpen = true
  await own.hub.drain(10)
  expect(served.destroyed).toBe(true)
  await closing(refused.served!)
  own.close()
})

test('a failed read of the log is reported with its cause, and the client reconnects', async () => {
  const bug = new TypeError('a bug')
  const failures: unknown[] = []
  const broken: EventLog = { ...world.store.events, eventsAfter: () => Promise.reject(bug) }
  const own = await openPatient({ onFailure: (error) => failures.push(error) }, broken)
  const pair = await startPair(world.store)
  const stream = await own.open(pair.jane.userId, `${world.store.epoch}-0`)
  await stream.closed
  expect(stream.raw).toContain('retry: ')
  expect(failures).toEqual([bug])
  const blind: EventLog = { ...world.store.events, bounds: () => Promise.reject(bug) }
  const other = await openPatient({ onFailure: (error) => failures.push(error) }, blind)
  await (
    await other.open(pair.jane.userId)
  ).closed
  expect(failures).toEqual([bug, bug])
  own.close()
  other.close()
})

test('S8: a reader that empties its buffers slowly is not closed; one that stops is', async () => {
  vi.useFakeTimers()
  const socket = Object.assign(new EventEmitter(), {
    _handle: { writeQueueSize: 100 },
    write: () => false
  }) as unknown as Socket & {
    _handle: { writeQueueSize: number }
  }
  const cutOff = vi.fn()
  const drained = untilDrained(socket, 1_000, cutOff)
  for (let second = 0; second < 30; second++) {
    await vi.advanceTimersByTimeAsync(900)
    socket._handle.writeQueueSize--
  }
  expect(cutOff).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1_300)
  expect(cutOff).toHaveBeenCalledOnce()
  socket.emit('close')
  await drained
  await vi.advanceTimersByTimeAsync(10_000)
  expect(cutOff).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})
