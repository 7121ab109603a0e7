import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../../../server/sqlite-store.ts'

let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-readers-'))
})
afterAll(() => rm(place, { recursive: true }))

test('A store that has little to do is two threads, one that writes and one that reads; reads that would wait start one more', async () => {
  let threads = 0
  const count = () => threads++
  process.on('worker', count)
  const store = await openSqliteStore(join(place, 'parley.db'))
  const read = () => store.read('readLogBounds', { userIds: [1] })
  for (let index = 0; index < 10; index++) await read()
  expect(threads).toBe(2)
  // Long enough for more to start, if they did.
  for (let rounds = 0; rounds < 200; rounds++) await Promise.all(Array.from({ length: 50 }, read))
  await store.close()
  process.off('worker', count)
  expect(threads).toBe(3)
})
