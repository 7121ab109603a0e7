import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../../../server/sqlite-store.ts'

let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-readers-'))
})
afterAll(() => rm(place, { recursive: true }))

test('An idle store has two threads, a writer and a reader; queued reads start one more', async () => {
  let threads = 0
  const count = () => threads++
  process.on('worker', count)
  const store = await openSqliteStore(join(place, 'parley.db'))
  const read = () => store.read('readLogBounds', { userIds: [1] })
  for (let index = 0; index < 10; index++) await read()
  expect(threads).toBe(2)
  // Long enough for more threads to start.
  for (let rounds = 0; rounds < 200; rounds++) await Promise.all(Array.from({ length: 50 }, read))
  await store.close()
  process.off('worker', count)
  expect(threads).toBe(3)
})

test('an error of a thread has its message and its stack apart', async () => {
  const path = join(place, 'broken.db')
  const store = await openSqliteStore(path)
  const database = new DatabaseSync(path)
  database.exec('DROP TABLE jobs')
  database.close()
  const errors = await Promise.all([
    store.read('countDeadJobs', {}).catch((error: unknown) => error),
    store.write('adoptJobs', { queue: 'test', epoch: store.epoch, limit: 1 }).catch((error: unknown) => error)
  ])
  await store.close()
  for (const error of errors) {
    expect(error).toMatchObject({ message: 'no such table: jobs', stack: expect.stringMatching(/\n +at /) })
  }
})
