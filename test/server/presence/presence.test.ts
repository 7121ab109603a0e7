// Over 300 lines: one user on one node, then the same on several nodes, with failing nodes and databases.
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Presence } from '../../../server/presence/presence.ts'
import type { Principal } from '../../../server/platform/principal.ts'
import { MemoryExchange } from '../../../server/platform/realtime/memory-bus.ts'
import type { Store } from '../../../server/store.ts'

const start = Date.parse('2026-01-31T12:00:00.000Z')
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setInterval', 'clearInterval'] })
  vi.setSystemTime(start)
})
afterEach(() => void vi.useRealTimers())
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000)
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString()

const [john, jane, anna] = [1, 2, 3] as const
const everyone = [john, jane, anna]
const me = { userId: john } as Principal

/** Opens connected nodes on a database in which every user talks to every other. */
function openNodes(count = 1) {
  const seen = new Map<number, number>()
  const asked = { reads: 0, writes: 0 }
  let away: 'for writes' | boolean = false
  /** If set, a read of last-seen times waits for it before it returns. */
  let held: Promise<void> | undefined
  function attend(): void {
    if (away === true) throw new Error('the database is away')
  }
  const store = {
    async read(name: string, input: { userIds: number[]; viewerId: number }) {
      attend()
      asked.reads++
      if (name === 'listLastSeen') {
        const others = everyone.filter((userId) => userId !== input.viewerId)
        const rows = others.map((userId) => ({ userId, lastSeenAt: seen.get(userId) ?? null }))
        await held
        return rows
      }
      return input.userIds.flatMap((userId) =>
        everyone.filter((other) => other !== userId).map((contactId) => ({ userId, contactId }))
      )
    },
    async write(_name: string, input: { userIds: number[]; at: number }) {
      attend()
      if (away) throw new Error('the disk is full')
      asked.writes++
      for (const userId of input.userIds) seen.set(userId, input.at)
    }
  } as unknown as Store
  const exchange = new MemoryExchange()
  function openNode() {
    const bus = exchange.connect()
    /** The presence changes delivered by this node. */
    const delivered: string[] = []
    const failures: unknown[] = []
    const node = { isDeaf: false, isLost: () => false }
    const presence = new Presence(store, {
      tell(userIds, { name, data }) {
        if (name !== 'presence') throw new Error(name)
        const since = data.online ? 'online' : data.lastSeenAt
        delivered.push(`${data.userId} ${since} for ${userIds.join(' ')}`)
      },
      publish: (text) => void (node.isDeaf || node.isLost() || bus.publishPresence(text)),
      isHeard: () => !node.isDeaf,
      onFailure: (error) => void failures.push(error)
    })
    bus.onPresence((text) => void (node.isDeaf || node.isLost() || presence.hear(text)))
    presence.askOthers()
    return Object.assign(node, {
      presence,
      failures,
      takeDelivered: () => delivered.splice(0),
      online: async (viewer: number = john) =>
        (await presence.list({ userId: viewer } as Principal))
          .filter(({ online }) => online)
          .map(({ userId }) => Number(userId))
    })
  }
  return {
    nodes: Array.from({ length: count }, openNode),
    openNode,
    seen,
    asked,
    setAway: (how: typeof away) => void (away = how),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    }
  }
}

describe('A user', () => {
  test('G6: is online from their first stream until ten seconds after the last one closed, which is their last-seen time', async () => {
    const { nodes, seen } = openNodes()
    const [{ presence, takeDelivered, online }] = nodes as [(typeof nodes)[0]]
    presence.came(john)
    await pass(1)
    expect(takeDelivered()).toEqual(['1 online for 2 3'])
    presence.came(jane)
    await pass(1)
    expect(takeDelivered()).toEqual(['2 online for 1 3'])
    expect(await online()).toEqual([jane])
    presence.left(jane)
    await pass(9.5)
    expect([takeDelivered(), await online(), presence.size]).toEqual([[], [jane], 2])
    await pass(1)
    expect([takeDelivered(), await online(), presence.size]).toEqual([[`2 ${at(2)} for 1 3`], [], 1])
    expect(await presence.list(me)).toEqual([
      { userId: '2', online: false, lastSeenAt: at(2) },
      { userId: '3', online: false, lastSeenAt: null }
    ])
    expect(seen.get(jane)).toBe(Date.parse(at(2)))
  })

  test('G6: a read during the write of a last-seen time returns the new time', async () => {
    const { nodes, seen, hold } = openNodes()
    const [{ presence }] = nodes as [(typeof nodes)[0]]
    presence.came(jane)
    presence.left(jane)
    const release = hold()
    // In the tick in which she goes offline, before it is stored.
    vi.advanceTimersByTime(10_500)
    const look = presence.list(me)
    await pass(1)
    expect(seen.has(jane)).toBe(true)
    release()
    expect(await look).toContainEqual({ userId: '2', online: false, lastSeenAt: at(0) })
  })

  test('G6: the last-seen time delivered is the one stored, even if another user goes offline at nearly the same time', async () => {
    const { nodes, seen } = openNodes()
    const [{ presence, takeDelivered }] = nodes as [(typeof nodes)[0]]
    for (const userId of everyone) presence.came(userId)
    await pass(1.6)
    takeDelivered()
    presence.left(jane)
    await pass(0.2)
    presence.left(anna)
    await pass(12)
    const written = (userId: number) => new Date(seen.get(userId)!).toISOString()
    expect(takeDelivered()).toEqual([`2 ${written(jane)} for 1 3`, `3 ${written(anna)} for 1 2`])
  })

  test('G6: a reconnect within ten seconds changes no presence', async () => {
    const { nodes, asked } = openNodes()
    const [{ presence, takeDelivered }] = nodes as [(typeof nodes)[0]]
    presence.came(jane)
    await pass(1)
    takeDelivered()
    for (let i = 0; i < 5; i++) {
      presence.left(jane)
      await pass(9)
      presence.came(jane)
      await pass(9)
    }
    expect(takeDelivered()).toEqual([])
    expect(asked).toEqual({ reads: 1, writes: 0 })
  })

  test('G6: many users who go offline together are one write; a server that stops stores who was online', async () => {
    const { nodes, seen, asked } = openNodes()
    const [{ presence }] = nodes as [(typeof nodes)[0]]
    for (const userId of [...everyone, ...Array.from({ length: 300 }, (_, i) => 100 + i)]) {
      presence.came(userId)
      if (userId !== john) presence.left(userId)
    }
    await pass(11)
    expect([asked.writes, seen.size]).toEqual([1, 302])
    await presence.close()
    expect([asked.writes, seen.get(john)]).toEqual([2, Date.parse(at(11))])
  })

  test('G6: a change during a database outage is delivered afterwards, with the current state', async () => {
    const { nodes, seen, setAway } = openNodes()
    const [{ presence, takeDelivered, failures }] = nodes as [(typeof nodes)[0]]
    presence.came(anna)
    presence.came(jane)
    await pass(1)
    takeDelivered()
    setAway(true)
    presence.came(john)
    presence.left(jane)
    presence.left(anna)
    await pass(11)
    presence.came(anna)
    await pass(1)
    expect(takeDelivered()).toEqual([])
    expect(failures).toHaveLength(1)
    setAway(false)
    await pass(1)
    expect(takeDelivered().toSorted()).toEqual(['1 online for 2 3', `2 ${at(1)} for 1 3`, '3 online for 1 2'])
    expect(seen.get(jane)).toBe(Date.parse(at(1)))
  })

  test('G6: going offline while the disk is full is delivered, and stored when there is space', async () => {
    const { nodes, seen, setAway } = openNodes()
    const [{ presence, takeDelivered, failures }] = nodes as [(typeof nodes)[0]]
    presence.came(john)
    presence.came(jane)
    presence.left(jane)
    setAway('for writes')
    await pass(11)
    expect(takeDelivered()).toContain(`2 ${at(0)} for 1 3`)
    expect(await presence.list(me)).toContainEqual({ userId: '2', online: false, lastSeenAt: at(0) })
    expect([seen.size, failures.length]).toEqual([0, 1])
    setAway(false)
    await pass(1)
    expect(seen.get(jane)).toBe(start)
  })

  test('G6: a clock that is set back a day keeps no one online', async () => {
    const { nodes } = openNodes()
    const [{ presence, online }] = nodes as [(typeof nodes)[0]]
    presence.came(jane)
    presence.left(jane)
    vi.setSystemTime(start - 86_400_000)
    await pass(11)
    expect(await online()).toEqual([])
  })
})

describe('Nodes', () => {
  test('G5: report presence changes to each other; a user with streams on two nodes goes offline with the last one', async () => {
    const { nodes, seen } = openNodes(3)
    const [first, second, third] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]]
    second.presence.came(john)
    third.presence.came(anna)
    await pass(1)
    for (const node of nodes) node.takeDelivered()
    first.presence.came(jane)
    await pass(1)
    expect(nodes.map(({ takeDelivered }) => takeDelivered())).toEqual([
      ['2 online for 1 3'],
      ['2 online for 1 3'],
      ['2 online for 1 3']
    ])
    second.presence.came(jane)
    await pass(1)
    first.presence.left(jane)
    await pass(11)
    expect(nodes.flatMap(({ takeDelivered }) => takeDelivered())).toEqual([])
    for (const node of nodes) expect(await node.online()).toEqual([jane, anna])
    second.presence.left(jane)
    await pass(12)
    // No one is online to be notified.
    const gone = `2 ${at(14)} for 1 3`
    expect(nodes.map(({ takeDelivered }) => takeDelivered())).toEqual([[], [gone], [gone]])
    expect(seen.get(jane)).toBe(Date.parse(at(14)))
    for (const node of nodes) expect(await node.online()).toEqual([anna])
  })

  test('G5: a node that dies takes its users offline ten seconds later, except those who reconnected elsewhere', async () => {
    const { nodes, seen, asked } = openNodes(3)
    const [dead, second, third] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]]
    second.presence.came(john)
    for (const userId of [jane, anna]) dead.presence.came(userId)
    await pass(1)
    for (const node of nodes) node.takeDelivered()
    dead.isDeaf = true
    third.presence.came(anna)
    await pass(8)
    for (const node of [second, third]) expect(await node.online()).toEqual([jane, anna])
    const { writes } = asked
    await pass(5)
    for (const node of [second, third]) expect(await node.online()).toEqual([anna])
    for (const node of [second, third]) {
      expect(node.takeDelivered()).toEqual([
        expect.stringMatching(/^2 2026-01-31T12:00:0\d\.\d{3}Z for 1 3$/)
      ])
    }
    expect([asked.writes - writes, seen.has(jane), seen.has(anna)]).toEqual([1, true, false])
  })

  test('G5: a node that starts learns at once who is online', async () => {
    const { nodes, openNode } = openNodes(2)
    nodes[0]!.presence.came(jane)
    nodes[1]!.presence.came(anna)
    await pass(1)
    expect(await openNode().online()).toEqual([jane, anna])
  })

  test('G5: a node without its bus tracks its own users, stores nothing about others, and catches up when the bus is back', async () => {
    const { nodes, seen } = openNodes(2)
    const [here, there] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
    here.presence.came(jane)
    there.presence.came(anna)
    await pass(1)
    for (const node of nodes) node.isDeaf = true
    await pass(12)
    expect([await here.online(), await there.online()]).toEqual([[jane], [anna]])
    expect(seen.size).toBe(0)
    for (const node of nodes) node.isDeaf = false
    here.presence.askOthers()
    there.presence.askOthers()
    expect([await here.online(), await there.online()]).toEqual([
      [jane, anna],
      [jane, anna]
    ])
  })

  test('G5: agree on who is online soon after any loss of messages', async () => {
    const step = fc.record({
      node: fc.nat(2),
      user: fc.constantFrom(...everyone),
      comes: fc.boolean(),
      seconds: fc.constantFrom(0, 0.5, 4, 12),
      loss: fc.nat(100)
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        fc.infiniteStream(fc.nat(99)),
        async (steps, dice) => {
          const { nodes } = openNodes(3)
          const here = nodes.map(() => new Set<number>())
          for (const { node, user, comes, seconds, loss } of steps) {
            for (const each of nodes) each.isLost = () => dice.next().value! < loss
            if (comes && !here[node]!.has(user)) nodes[node]!.presence.came(user)
            if (!comes && here[node]!.has(user)) nodes[node]!.presence.left(user)
            here[node]![comes ? 'add' : 'delete'](user)
            await pass(seconds)
          }
          for (const each of nodes) each.isLost = () => false
          await pass(15)
          const there = everyone.filter((userId) => here.some((people) => people.has(userId)))
          for (const node of nodes) expect((await node.online(0)).toSorted((a, b) => a - b)).toEqual(there)
          await Promise.all(nodes.map(({ presence }) => presence.close()))
        }
      ),
      { numRuns: 100 }
    )
  })
})
