import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteStore } from '../../../server/sqlite-store.ts'
import type { Store } from '../../../server/store.ts'
import { sendOf, startPair } from '../../fixtures/people.ts'
import { changeBeside } from '../../harness/engine.ts'

let place: string
let store: Store
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-caches-'))
  store = await openSqliteStore(join(place, 'parley.db'))
})
afterEach(async () => {
  await store.close()
  await rm(place, { recursive: true })
})

test('J11: a write of jobs keeps the caches of the send path, and a write of their rows clears them', async () => {
  const { john, jane, conversationId } = await startPair(store)
  const send = async () => {
    const outcome = await store.send(sendOf(john.userId, conversationId, 'hello'))
    return 'message' in outcome ? 'sent' : outcome.refused
  }
  expect(await send()).toBe('sent')
  // Without the writer, which notices when it reads the row again.
  await changeBeside(
    { kind: 'sqlite', path: join(place, 'parley.db') },
    `UPDATE users SET disabled_at = 1 WHERE id = ${john.userId}`
  )
  await store.write('enqueueJobs', { jobs: [{ queue: 'test', key: 'one', payload: null }] })
  await store.write('deleteExpiredSessions', { now: 0 })
  expect(await send()).toBe('sent')
  await store.write('markRead', { viewerId: jane.userId, conversationId, upTo: null, now: 1 })
  expect(await send()).toBe('account_disabled')
})
