import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DatabaseConfig } from '../../server/config.ts'
import { openStore } from '../../server/open-store.ts'
import { startCallee, type Callee } from '../harness/calls.ts'
import { changeBeside, rowsBeside } from '../harness/engine.ts'
import { startParley } from '../harness/parley.ts'
import { createDatabase, hasPostgres, startPostgres, type Postgres } from '../harness/postgres.ts'
import type { DiesAt, JobsCommands } from './jobs-process.ts'

let postgres: Postgres | undefined
beforeAll(async () => {
  if (hasPostgres) postgres = await startPostgres()
})
afterAll(() => postgres?.stop())

let place: string
let ledger: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-jobs-'))
  ledger = join(place, 'ledger')
  writeFileSync(ledger, '')
})
afterEach(() => rm(place, { recursive: true }))

const lines = (start = '') =>
  readFileSync(ledger, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && line.startsWith(start))

type World = { database: DatabaseConfig; begin: (options?: Begin) => Callee<JobsCommands> }
type Begin = { diesAt?: DiesAt; leaseMs?: number; env?: Record<string, string> }

function worldOn(database: DatabaseConfig): World {
  return {
    database,
    // The lease of a killed node ends by the clock on Postgres, and with the node on SQLite.
    begin: ({ diesAt = 'never', leaseMs = database.kind === 'sqlite' ? 600_000 : 1_500, env = {} } = {}) =>
      startCallee<JobsCommands>(new URL('./jobs-process.ts', import.meta.url).pathname, {
        env: {
          ...process.env,
          DATABASE: JSON.stringify(database),
          LEDGER: ledger,
          DIES_AT: diesAt,
          LEASE_MS: String(leaseMs),
          ...env
        }
      })
  }
}
const onPostgres = async () => worldOn({ kind: 'postgres', url: await createDatabase(postgres!.adminUrl) })

const jobsIn = ({ database }: World, queue: string) =>
  rowsBeside<{ key: string; run_at: number; generation: number; attempts: number }>(
    database,
    `SELECT key, run_at, generation, attempts FROM jobs WHERE queue = '${queue}' AND dead_at IS NULL ORDER BY id`
  )
const untilEmpty = (world: World, queue = 'test.work') => expect.poll(() => jobsIn(world, queue)).toEqual([])

describe.each([
  ['SQLite', async () => worldOn({ kind: 'sqlite', path: join(place, 'parley.db') }), true],
  ['Postgres', onPostgres, hasPostgres]
] as const)('on %s', (_, open, isHere) => {
  test.skipIf(!isHere).each<[DiesAt, begins: number[], ends: number[]]>([
    ['enqueued', [1], [1]],
    ['leased', [1], [1]],
    ['in the handler', [2], [1]],
    ['acknowledging', [2], [2]],
    // It may or may not have been acknowledged before the kill.
    ['unsure', [1, 2], [1, 2]],
    ['acknowledged', [1], [1]]
  ])(
    'J1: a job whose process is killed when it is %s runs until it is acknowledged',
    async (diesAt, begins, ends) => {
      const world = await open()
      const killed = world.begin({ diesAt })
      const ended = once(killed.process, 'exit')
      await killed.call('start').catch(() => {})
      await killed.call('enqueue', { queue: 'test.work', keys: ['john'] }).catch(() => {})
      expect(await ended).toEqual([null, 'SIGKILL'])
      const isLeft = diesAt !== 'acknowledged'
      if (diesAt !== 'unsure') expect(await jobsIn(world, 'test.work')).toHaveLength(isLeft ? 1 : 0)

      await using next = world.begin()
      await next.call('start')
      await untilEmpty(world)
      await next.call('finish')
      expect(begins).toContain(lines('begins john').length)
      expect(ends).toContain(lines('ends john').length)
    }
  )

  test.skipIf(!isHere)(
    'J10: with 100,000 waiting jobs, others run at once, and few are in memory',
    async () => {
      const world = await open()
      const own = world.begin()
      await own.call('finish')
      await own.close()
      // A third is held, a third is due later, a third has no handler here; all were enqueued before the test's
      // jobs.
      await changeBeside(
        world.database,
        `WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 100000)
       INSERT INTO jobs (queue, key, payload, epoch, run_at)
       SELECT CASE i % 3 WHEN 0 THEN 'test.held' WHEN 1 THEN 'test.work' ELSE 'test.unknown' END,
         'waiting ' || i, 'null', CASE i % 3 WHEN 0 THEN 'before' ELSE (SELECT value FROM settings WHERE name = 'epoch') END,
         CASE i % 3 WHEN 1 THEN 99999999999999 ELSE 0 END FROM numbers`
      )
      await using next = world.begin()
      const before = await next.call('measure')
      await next.call('start')
      const keys = Array.from({ length: 2_000 }, (_, i) => `job ${i}`)
      for (let from = 0; from < keys.length; from += 200) {
        await next.call('enqueue', { queue: 'test.work', keys: keys.slice(from, from + 200) })
      }
      await expect.poll(() => lines('ends job').length).toBe(keys.length)
      const after = await next.call('measure')
      expect(after.mostRunning).toBeLessThanOrEqual(8)
      expect(after.residentBytes - before.residentBytes).toBeLessThan(60e6)
      await next.call('finish')
      const left = await rowsBeside<{ jobs: number }>(
        world.database,
        "SELECT COUNT(*) AS jobs FROM jobs WHERE key LIKE 'waiting %' AND attempts = 0 AND leased_until IS NULL"
      )
      expect(left).toEqual([{ jobs: 100_000 }])
    }
  )
})

test.skipIf(!hasPostgres)(
  'J3: two nodes that lease concurrently run each job once; when one is killed, the other runs its jobs',
  async () => {
    const world = await onPostgres()
    await using john = world.begin()
    await using jane = world.begin()
    const keys = Array.from({ length: 1_000 }, (_, i) => `job ${i}`)
    await john.call('enqueue', { queue: 'test.work', keys })
    await Promise.all([john.call('start'), jane.call('start')])
    await untilEmpty(world)
    expect(lines('ends job').toSorted()).toEqual(keys.map((key) => `ends ${key}`).toSorted())

    const more = Array.from({ length: 1_000 }, (_, i) => `more ${i}`)
    await jane.call('enqueue', { queue: 'test.work', keys: more })
    await expect.poll(() => lines('ends more').length).toBeGreaterThan(50)
    john.process.kill('SIGKILL')
    await untilEmpty(world)
    expect([...new Set(lines('ends more'))].toSorted()).toEqual(more.map((key) => `ends ${key}`).toSorted())
    // At most the jobs held by the killed node run twice.
    expect(lines('ends more').length).toBeLessThanOrEqual(more.length + 8)
  }
)

const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
test.skipIf(!library)(
  'J3, J8: setting the clock runs no job twice, delays none that is due at once, and loses no recurring one',
  async () => {
    const world = worldOn({ kind: 'sqlite', path: join(place, 'parley.db') })
    const clock = join(place, 'clock')
    const setClock = (seconds: number) => writeFileSync(clock, `${seconds < 0 ? '' : '+'}${seconds}`)
    setClock(0)
    await using node = world.begin({
      leaseMs: 60_000,
      env: {
        LD_PRELOAD: library!,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1'
      }
    })
    await node.call('start')
    await node.call('enqueue', { queue: 'test.work', keys: ['hold'] })
    await expect.poll(() => lines()).toEqual(expect.arrayContaining(['begins hold', 'ends hourly']))
    const [hour, day] = [3_600, 86_400]
    // Its lease has ended by the clock; the hourly job is due again.
    setClock(2 * hour)
    await expect.poll(() => lines('ends hourly')).toHaveLength(2)
    await node.call('enqueue', { queue: 'test.work', keys: ['forward'] })
    await expect.poll(() => lines('ends forward')).toHaveLength(1)
    expect(lines('begins hold')).toHaveLength(1)

    setClock(-day)
    await node.call('enqueue', { queue: 'test.work', keys: ['back'] })
    await expect.poll(() => lines('ends back')).toHaveLength(1)
    await expect
      .poll(async () => (await jobsIn(world, 'test.hourly'))[0]!.run_at - Date.now() + day * 1_000)
      .toBeLessThan(1.1 * hour * 1_000)
    await node.call('release')
    await untilEmpty(world)
    expect(lines('ends hold')).toHaveLength(1)
  }
)

test('J9: a restored database runs its jobs, except those that wait for the host', async () => {
  const world = worldOn({ kind: 'sqlite', path: join(place, 'parley.db') })
  const path = join(place, 'parley.db')
  const first = world.begin()
  await first.call('enqueue', { queue: 'test.work', keys: ['work'] })
  await first.call('enqueue', { queue: 'test.held', keys: ['push'] })
  await first.call('finish')
  await first.close()
  // A database without events keeps its epoch.
  const store = await openStore(world.database)
  const user = { username: 'john', key: 'john', avatarURL: null, githubId: null, now: 0 }
  const { id } = (await store.write('addUser', user))!
  await store.close()
  await changeBeside(world.database, `UPDATE inbox_heads SET head = 1, floor = 1 WHERE user_id = ${id}`)
  await copyFile(path, join(place, 'backup.db'))
  await (await openStore(world.database)).close()
  await rm(path)
  await copyFile(join(place, 'backup.db'), path)

  await using restored = world.begin()
  await restored.call('start')
  await expect.poll(() => lines('ends work')).toHaveLength(1)
  await restored.call('enqueue', { queue: 'test.held', keys: ['newer push'] })
  await expect.poll(() => lines('ends newer push')).toHaveLength(1)
  expect(await jobsIn(world, 'test.held')).toMatchObject([{ key: 'push', attempts: 0 }])
  expect(await restored.call('adopt', { queue: 'test.held' })).toBe(1)
  await expect.poll(() => lines('ends push')).toHaveLength(1)
})

const expired = "SELECT id FROM sessions WHERE token_hash = 'old'"
const addExpired = `INSERT INTO users (username, username_key, created_at) VALUES ('anna', 'anna', 0);
  INSERT INTO sessions (user_id, token_hash, created_at, expires_at) SELECT id, 'old', 0, 1 FROM users WHERE username_key = 'anna'`

test('J8: Parley purges expired sessions when their hour has come, also after kill -9', async () => {
  await using parley = await startParley()
  const world = worldOn({ kind: 'sqlite', path: join(parley.dataDir, 'parley.db') })
  const all = ['event-log.prune', 'sessions.purge', 'sign-in.purge']
  const ran = () =>
    Promise.all(
      all.map(async (queue) =>
        (await jobsIn(world, queue)).map(({ attempts, run_at }) => attempts === 0 && run_at > Date.now())
      )
    )
  await expect.poll(ran).toEqual(all.map(() => [true]))
  await parley.kill('SIGKILL')
  await changeBeside(
    world.database,
    `${addExpired}; UPDATE jobs SET run_at = 1, leased_until = 99999999999999, leased_by = 'dead'`
  )
  await parley.restart()
  await expect.poll(() => rowsBeside(world.database, expired)).toEqual([])
  await expect.poll(ran).toEqual(all.map(() => [true]))
})

test.skipIf(!hasPostgres)('J8: of two Parley nodes that start together, one purges', async () => {
  const url = await createDatabase(postgres!.adminUrl)
  const world = worldOn({ kind: 'postgres', url })
  await (await openStore(world.database)).close()
  await changeBeside(world.database, addExpired)
  const start = () => startParley({ env: { DATABASE_URL: url } })
  const nodes = await Promise.all([start(), start()])
  await expect.poll(() => rowsBeside(world.database, expired)).toEqual([])
  await expect.poll(() => jobsIn(world, 'sessions.purge')).toMatchObject([{ generation: 1, attempts: 0 }])
  await Promise.all(nodes.map((node) => node.stop()))
  expect(await jobsIn(world, 'sessions.purge')).toMatchObject([{ generation: 1 }])
})
