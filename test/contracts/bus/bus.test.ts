import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Signal } from '@parley/contract/events'
import type { Bus } from '../../../server/platform/realtime/bus.ts'
import { MemoryExchange } from '../../../server/platform/realtime/memory-bus.ts'
import { NatsBus } from '../../../server/platform/realtime/nats-bus.ts'
import { parseNatsUrl } from '../../../server/platform/realtime/nats-url.ts'
import { hasNats, startNats } from '../../harness/nats.ts'

type World = { join: () => Promise<Bus>; close: () => Promise<void> }

describe('A bus in memory', () => {
  hold(async () => {
    const exchange = new MemoryExchange()
    return { join: async () => exchange.connect(), close: async () => {} }
  })
})

describe.skipIf(!hasNats)('A bus on NATS (needs nats-server)', () => {
  hold(async () => {
    const nats = await startNats()
    const join = () => NatsBus.open(parseNatsUrl(nats.url)!, { epoch: 'contract' })
    return { join, close: () => nats.close() }
  })
})

/** Collects the heads and signals that `bus` delivers for a user, with ways to wait for them. */
function listen(bus: Bus, userId: number) {
  const heads: number[] = []
  const signals: Signal[] = []
  let arrived = Promise.withResolvers<void>()
  function arrive(): void {
    arrived.resolve()
    arrived = Promise.withResolvers()
  }
  const subscription = bus.subscribe(userId, {
    head(head) {
      heads.push(head)
      arrive()
    },
    signal(signal) {
      signals.push(signal)
      arrive()
    }
  })
  async function until(head: number): Promise<void> {
    while (!heads.includes(head)) await arrived.promise
  }
  async function signalled(count: number): Promise<Signal[]> {
    while (signals.length < count) await arrived.promise
    return signals
  }
  return { heads, signals, until, signalled, ...subscription }
}

/** The contract, run in full on each bus. */
function hold(open: () => Promise<World>): void {
  let world: World
  let john: Bus
  let jane: Bus
  let anna: Bus
  beforeAll(async () => {
    world = await open()
    ;[john, jane, anna] = await Promise.all([world.join(), world.join(), world.join()])
  })
  afterAll(async () => {
    await Promise.all([john, jane, anna].map((bus) => bus.close()))
    await world.close()
  })

  test('N1: once a subscription is ready, it receives every head that another node publishes', async () => {
    for (let userId = 1; userId <= 200; userId++) {
      const received = listen(jane, userId)
      await received.ready
      john.publishHead(userId, userId + 1)
      await received.until(userId + 1)
      received.close()
    }
  })

  test('a node receives events of the users it subscribed to, from every other node, and not its own', async () => {
    const here = listen(john, 1_001)
    const there = listen(jane, 1_001)
    const other = listen(anna, 1_002)
    await Promise.all([here.ready, there.ready, other.ready])
    john.publishHead(1_001, 5)
    await there.until(5)
    anna.publishHead(1_001, 6)
    await Promise.all([here.until(6), there.until(6)])
    john.publishHead(1_002, 9)
    await other.until(9)
    expect([here.heads, there.heads, other.heads]).toEqual([[6], [5, 6], [9]])
    for (const each of [here, there, other]) each.close()
  })

  test('a closed subscription receives nothing more', async () => {
    const closed = listen(jane, 1_003)
    const open = listen(anna, 1_003)
    await Promise.all([closed.ready, open.ready])
    closed.close()
    const again = listen(jane, 1_003)
    await again.ready
    john.publishHead(1_003, 7)
    await Promise.all([open.until(7), again.until(7)])
    expect(closed.heads).toEqual([])
    for (const each of [open, again]) each.close()
  })

  test('G5: typing reaches its recipients, in order with heads, and not the publishing node', async () => {
    const here = listen(john, 1_004)
    const there = listen(jane, 1_004)
    const other = listen(anna, 1_005)
    await Promise.all([here.ready, there.ready, other.ready])
    const typing: Signal = { name: 'typing', data: { conversationId: '7', userId: '3' } }
    john.publishHead(1_004, 1)
    john.publishSignal(1_004, typing)
    expect(await there.signalled(1)).toEqual([typing])
    await there.until(1)
    jane.publishSignal(1_005, typing)
    await other.signalled(1)
    expect([here.signals, here.heads, there.signals.length]).toEqual([[], [], 1])
    there.close()
    john.publishSignal(1_004, typing)
    const again = listen(jane, 1_004)
    await again.ready
    john.publishSignal(1_004, typing)
    await again.signalled(1)
    expect(there.signals).toHaveLength(1)
    for (const each of [here, other, again]) each.close()
  })

  test('G5: presence reaches all other nodes unchanged', async () => {
    const received = [jane, anna].map((bus) => new Promise((resolve) => bus.onPresence(resolve)))
    let echoed = false
    john.onPresence(() => (echoed = true))
    john.publishPresence('{"came":[1]}')
    expect(await Promise.all(received)).toEqual(['{"came":[1]}', '{"came":[1]}'])
    expect(echoed).toBe(false)
  })

  test('J7: a hint of new jobs reaches all other nodes, and not its own', async () => {
    const own: string[] = []
    const arrived = [jane, anna].map(
      (bus) => new Promise<string[]>((resolve) => bus.onJobs((queues) => resolve(queues)))
    )
    john.onJobs((queues) => own.push(...queues))
    await Promise.all([listen(jane, 7).ready, listen(anna, 7).ready])
    john.publishJobs(['event-log.prune', 'sessions.purge'])
    expect(await Promise.all(arrived)).toEqual([1, 2].map(() => ['event-log.prune', 'sessions.purge']))
    expect(own).toEqual([])
  })

  test('N4: session changes reach all other nodes', async () => {
    const change = { userId: 3, sessionId: 8, expiresAt: 0 }
    const received = [jane, anna].map((bus) => new Promise((resolve) => bus.onSession(resolve)))
    let echoed = false
    john.onSession(() => (echoed = true))
    john.publishSession(change)
    expect(await Promise.all(received)).toEqual([change, change])
    expect(echoed).toBe(false)
  })
}
