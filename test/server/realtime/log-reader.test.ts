import { expect, test } from 'vitest'
import { LogReader } from '../../../server/realtime/log-reader.ts'
import type { EventLog, LoggedEvent } from '../../../server/storage/event-log.ts'

const event: LoggedEvent = { seq: 1, name: 'gone', json: '{}' }

/** A log whose reads end when they are told to, and that counts them. */
function heldLog() {
  const held: (() => void)[] = []
  let running = 0
  const counts = { reads: 0, most: 0 }
  async function read<Result>(result: Result): Promise<Result> {
    counts.reads++
    counts.most = Math.max(counts.most, ++running)
    await new Promise<void>((resolve) => held.push(resolve))
    running--
    return result
  }
  const log: EventLog = {
    epoch: 'e',
    bounds: () => read({ head: 1, floor: 0 }),
    heads: () => read([]),
    eventsAfter: () => read([event]),
    onCommitted: () => {}
  }
  return { log, counts, held }
}

/** Ends the reads that are held, and those that begin then, until there is none. */
async function releaseAll(held: (() => void)[]): Promise<void> {
  do {
    for (const release of held.splice(0)) release()
    await new Promise<void>((resolve) => setImmediate(resolve))
  } while (held.length > 0)
}

test('S9: ten thousand streams that come back at once are a few reads of the database at a time', async () => {
  const { log, counts, held } = heldLog()
  const reader = new LogReader(log, 8)
  const reads = Promise.all(
    Array.from({ length: 10_000 }, (_, userId) => reader.bounds(userId).then(() => reader.pull(userId, 0)))
  )
  await releaseAll(held)
  await reads
  expect(counts).toEqual({ reads: 20_000, most: 8 })
})

test('S9: streams that wait for the same read share it', async () => {
  const { log, counts, held } = heldLog()
  const reader = new LogReader(log, 1)
  const first = reader.pull(0, 0)
  const reads = Promise.all([first, ...Array.from({ length: 1_000 }, () => reader.pull(1, 0))])
  await releaseAll(held)
  await reads
  expect(counts.reads).toBe(2)
})

test('a read that fails gives its place to the next', async () => {
  const { log, counts, held } = heldLog()
  const reader = new LogReader({ ...log, bounds: () => Promise.reject(new Error('away')) }, 1)
  const failed = reader.bounds(1).catch((error: Error) => error.message)
  const reads = reader.pull(1, 0)
  await releaseAll(held)
  await reads
  expect(await failed).toBe('away')
  expect(counts.reads).toBe(1)
})
