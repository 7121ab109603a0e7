import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Hub } from '../../../../server/platform/realtime/hub.ts'
import { MemoryExchange } from '../../../../server/platform/realtime/memory-bus.ts'
import { DueQueue } from '../../../../server/platform/realtime/due-queue.ts'
import { modelLog } from './model-log.ts'
import { ModelSocket } from './model-socket.ts'

/** Callbacks that wait for the next turn of the event loop, which the test runs. */
let turns: (() => void)[] = []
const defer = (task: () => void) => void turns.push(task)
const turn = () => turns.shift()?.()
// Time advances only when the test says so.
beforeEach(() => {
  turns = []
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => void vi.useRealTimers())

/** Opens a hub with many complete streams of one user; a slice writes to one of them. */
async function openMany(count: number, onDelivered?: () => void) {
  const model = modelLog(queueMicrotask)
  const hub = new Hub(model.log, new MemoryExchange().connect(), {
    syncIntervalMs: 60_000,
    streamMaxLifeMs: 3_600_000,
    streamsPerUser: count,
    slices: { defer, sliceMs: 0 },
    onDelivered
  })
  const owner = { userId: 10, sessionId: 1, expiresAt: Date.now() + 3_600_000 }
  const sockets = Array.from({ length: count }, () => new ModelSocket(queueMicrotask))
  await Promise.all(sockets.map((socket) => hub.open(socket.asSocket(), { ...owner, after: 'e-0' })))
  for (const socket of sockets) socket.read(1e6)
  const texts = () => sockets.map((socket) => socket.read(1e6).toString())
  const commit = () => model.report(model.commit([10]))
  return { hub, model, sockets, texts, commit }
}

const idsIn = (text: string) => [...text.matchAll(/^id: e-(\d+)$/gm)].map(([, seq]) => Number(seq))

test('S16: a commit is written in later turns of the event loop, and not to all streams in one', async () => {
  const { hub, commit, texts } = await openMany(1_000)
  commit()
  expect(texts().filter((text) => text !== '')).toEqual([])
  turn()
  expect(texts().filter((text) => text !== '')).toHaveLength(1)
  let more = 0
  while (turns.length > 0) {
    turn()
    more++
  }
  expect(more).toBe(999)
  expect(hub.counts.ringPulls).toBe(1_000)
  hub.close()
})

test('S16: a commit for two streams is written at once, before the answers of that turn', async () => {
  const onDelivered = vi.fn()
  const { hub, commit, texts } = await openMany(2, onDelivered)
  commit()
  expect(texts().map(idsIn)).toEqual([[1], [1]])
  expect(onDelivered).toHaveBeenCalledOnce()
  while (turns.length > 0) turn()
  expect(texts()).toEqual(['', ''])
  hub.close()
})

test('S16: a stream still queued at the next commit gets both in one write, in order; the others queue behind it', async () => {
  const { hub, commit, texts } = await openMany(4)
  commit()
  turn()
  turn()
  commit()
  expect(texts().map(idsIn)).toEqual([[1], [1], [], []])
  turn()
  turn()
  expect(texts().map(idsIn)).toEqual([[], [], [1, 2], [1, 2]])
  expect(hub.counts.ringPulls).toBe(4)
  turn()
  turn()
  expect(texts().map(idsIn)).toEqual([[2], [2], [], []])
  expect([turns.length, hub.counts.ringPulls]).toEqual([0, 6])
  hub.close()
})

test('S16: a commit counts as delivered once the last of its streams was written to', async () => {
  const onDelivered = vi.fn()
  const { hub, commit } = await openMany(4, onDelivered)
  commit()
  for (let written = 0; written < 4; written++) turn()
  expect(onDelivered).not.toHaveBeenCalled()
  turn()
  expect(onDelivered).toHaveBeenCalledOnce()
  hub.close()
})

test('S9: each turn of the event loop opens one stream, in the order of requests', async () => {
  const { hub } = await openMany(0)
  const opened: number[] = []
  for (const each of [1, 2, 3]) void hub.turn().then(() => opened.push(each))
  const seen: number[][] = []
  while (turns.length > 0) {
    turn()
    await new Promise(setImmediate)
    seen.push([...opened])
  }
  expect(seen).toEqual([[1], [1, 2], [1, 2, 3]])
  hub.close()
})

test('S16: streams that close together are removed in slices', async () => {
  const { hub, sockets } = await openMany(3)
  for (const socket of sockets) socket.emit('end')
  const sizes = [hub.size]
  while (turns.length > 0) {
    turn()
    await new Promise(setImmediate)
    sizes.push(hub.size)
  }
  expect(sizes).toEqual([3, 2, 1, 0])
})

test('S5: a stream that ends while queued receives no event', async () => {
  const { hub, sockets, commit, texts } = await openMany(4)
  commit()
  hub.limitSession({ userId: 10, sessionId: 1, expiresAt: 0 })
  while (turns.length > 0) turn()
  expect(texts().flatMap(idsIn)).toEqual([])
  expect(sockets.map((socket) => socket.wroteAfterEnd)).toEqual([0, 0, 0, 0])
  hub.close()
})

test('G2: a signal follows the event that its stream is queued for', async () => {
  const { hub, commit, texts } = await openMany(4)
  commit()
  hub.signalHere([10], { name: 'typing', data: { conversationId: '7', userId: '2' } })
  expect(texts()).toEqual(['', '', '', ''])
  turn()
  expect(texts()[0]).toMatch(/^id: e-1\n[^]*\nevent: typing\n/)
  hub.close()
})

test('M2: an event withdrawn while its stream is queued is read from the log, which has what is left of it', async () => {
  const { hub, model, commit, texts } = await openMany(4)
  commit()
  const [removal] = model.commit([10])
  model.report([{ ...removal!, retracts: true }])
  while (turns.length > 0) turn()
  await new Promise(setImmediate)
  expect(texts().map(idsIn)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2]
  ])
  expect(hub.counts).toMatchObject({ ringPulls: 0, databasePulls: 4 })
  hub.close()
})

test('a slice lasts as long as the previous turn of the event loop, and at most 10 ms, so streams get half of the time', () => {
  const queue = new DueQueue({ defer, sliceMs: 1, sliceMaxMs: 10 })
  const ran: number[] = []
  const runIn = () => {
    const before = ran.length
    turn()
    return ran.length - before
  }
  for (let each = 0; each < 100; each++) {
    queue.add({
      run() {
        ran.push(each)
        vi.advanceTimersByTime(0.5)
      }
    })
  }
  const slices = [runIn()]
  for (const turnMs of [0, 4, 1_000]) {
    vi.advanceTimersByTime(turnMs)
    slices.push(runIn())
  }
  expect(slices).toEqual([2, 2, 8, 20])
  while (turns.length > 0) turn()
  expect(ran).toEqual(Array.from({ length: 100 }, (_, each) => each))
})
