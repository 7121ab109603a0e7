import { expect, test } from 'vitest'
import { LogReader } from '../../../../server/platform/realtime/log-reader.ts'
import { Unsent } from '../../../../server/platform/realtime/slow-reader.ts'
import type { EventLog, LoggedEvent } from '../../../../server/platform/storage/event-log.ts'

const eventAfter = (after: number): LoggedEvent => ({ seq: after + 1, name: 'gone', json: '{}' })

/** A log whose reads complete on command, and are counted. */
function heldLog() {
  const held: (() => void)[] = []
  let running = 0
  const counts = { reads: 0, most: 0, events: 0 }
  async function read<Result>(result: Result): Promise<Result> {
    counts.reads++
    counts.most = Math.max(counts.most, ++running)
    await new Promise<void>((resolve) => held.push(resolve))
    running--
    return result
  }
  const log: EventLog = {
    epoch: 'e',
    bounds: (userIds) => read(userIds.map(() => ({ head: 1, floor: 0 }))),
    eventsAfter(places, limit) {
      counts.events = Math.max(counts.events, places.length * limit)
      return read(places.map(({ after }) => [eventAfter(after)]))
    },
    onCommitted: () => {}
  }
  return { log, counts, held }
}

/** Completes held reads, and later ones, until all requests are answered. */
async function releaseUntil<Result>(answered: Promise<Result>, held: (() => void)[]): Promise<Result> {
  const asked = { waiting: true }
  void answered.finally(() => (asked.waiting = false))
  while (asked.waiting) {
    for (const release of held.splice(0)) release()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return answered
}

test('S9: ten thousand streams that reconnect at once make a few concurrent reads of a thousand events each', async () => {
  const { log, counts, held } = heldLog()
  const reader = new LogReader(log, new Unsent())
  const reads = Promise.all(
    Array.from({ length: 10_000 }, async (_, userId) => {
      await reader.bounds(userId)
      return reader.pull(userId, userId)
    })
  )
  const pulls = await releaseUntil(reads, held)
  expect(pulls.every((pull, userId) => pull?.first === userId + 1)).toBe(true)
  expect(counts.reads).toBeLessThan(100)
  expect(counts.most).toBeLessThanOrEqual(8)
  expect(counts.events).toBeLessThanOrEqual(1_024)
})

test('S9: streams that wait for the same read share it, and none joins a read in progress', async () => {
  const asked: string[] = []
  const { log, held } = heldLog()
  const own: EventLog = {
    ...log,
    eventsAfter(places, limit) {
      asked.push(places.map(({ userId, after }) => `${userId}/${after}`).join())
      return log.eventsAfter(places, limit)
    }
  }
  const reader = new LogReader(own, new Unsent())
  const first = Array.from({ length: 1_000 }, (_, index) => reader.pull(index % 2, 0))
  await new Promise<void>((resolve) => setImmediate(resolve))
  const second = reader.pull(1, 0)
  expect(new Set([...first, second]).size).toBe(3)
  const pulls = await releaseUntil(Promise.all([...first, second]), held)
  expect(pulls.every((pull) => pull?.last === 1)).toBe(true)
  expect(asked).toEqual(['0/0,1/0', '1/0'])
})

test('a failed read releases its place to the next', async () => {
  const { log, held } = heldLog()
  let fails = 4
  const own: EventLog = {
    ...log,
    bounds: (userIds) => (fails-- > 0 ? Promise.reject(new Error('away')) : log.bounds(userIds))
  }
  const reader = new LogReader(own, new Unsent())
  const reads = Promise.allSettled(Array.from({ length: 5_000 }, (_, userId) => reader.bounds(userId)))
  const settled = await releaseUntil(reads, held)
  expect(settled.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 4_000 }, () => 'rejected'),
    ...Array.from({ length: 1_000 }, () => 'fulfilled')
  ])
})
