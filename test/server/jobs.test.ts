import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { encodeQueues } from '../../server/platform/realtime/bus-messages.ts'
import { openStore } from '../../server/open-store.ts'
import { changeBeside, rowsBeside } from '../harness/engine.ts'
import { startInProcess, type InProcess } from '../harness/in-process.ts'

let parley: InProcess
beforeEach(async () => {
  parley = await startInProcess()
})
afterEach(() => parley.close())

const jobs = () =>
  rowsBeside<{ queue: string; run_at: number; attempts: number }>(
    parley.database,
    'SELECT queue, run_at, attempts FROM jobs ORDER BY queue'
  )
/** Waits until every queue has run and is due in an hour. */
const untilRun = () =>
  expect
    .poll(async () => (await jobs()).filter(({ run_at, attempts }) => run_at > Date.now() && attempts === 0))
    .toHaveLength(3)
/** Makes an expired session, and the purge due, behind the server's back. */
const addExpired = () =>
  changeBeside(
    parley.database,
    `INSERT INTO users (username, username_key, created_at) VALUES ('anna', 'anna', 0);
     INSERT INTO sessions (user_id, token_hash, created_at, expires_at)
       SELECT id, 'old', 0, 1 FROM users WHERE username_key = 'anna';
     UPDATE jobs SET run_at = 1 WHERE queue = 'sessions.purge'`
  )
const expired = () => rowsBeside(parley.database, "SELECT id FROM sessions WHERE token_hash = 'old'")

test('J8: a server prunes and purges at its start, and an hour later again', async () => {
  await untilRun()
  const found = await jobs()
  expect(found.map(({ queue }) => queue)).toEqual(['event-log.prune', 'sessions.purge', 'sign-in.purge'])
  for (const { run_at: runAt } of found) expect(runAt).toBeLessThanOrEqual(Date.now() + 3_600_000)
})

test('J1: a job that the server itself enqueues runs without a sweep', async () => {
  await untilRun()
  await addExpired()
  await parley.app.store.write('enqueueJobs', { jobs: [{ queue: 'sessions.purge', key: '', payload: null }] })
  await expect.poll(expired, { timeout: 5_000 }).toEqual([])
})

test.skipIf(inject('engine') !== 'postgres')(
  'J7: without NATS, a hint through the database wakes the other nodes',
  async () => {
    await untilRun()
    await addExpired()
    const other = await openStore(parley.database)
    // The server listens from soon after its start on.
    await expect
      .poll(
        async () => {
          await other.notices!.publish(encodeQueues(['sessions.purge']))
          return expired()
        },
        { timeout: 5_000 }
      )
      .toEqual([])
    await other.close()
  }
)
