import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loginAs } from '../harness/api.ts'
import { cleanEnv, release, startParley } from '../harness/parley.ts'
import { hasPgbouncer, startPgbouncer } from '../harness/pgbouncer.ts'
import { createDatabase, hasPostgres, startPostgres, type Postgres } from '../harness/postgres.ts'

const missing = [!hasPostgres && 'Postgres', !hasPgbouncer && 'PgBouncer'].filter(Boolean).join(' and ')

let postgres: Postgres
beforeAll(async () => {
  if (!missing) postgres = await startPostgres()
})
afterAll(() => postgres?.stop())

function parley(url: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      './server/parley.js',
      args,
      // Less than the minute for which an unclosed connection would keep it alive.
      { cwd: release, env: cleanEnv({ DATABASE_URL: url, PORT: '0' }), timeout: 45_000 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    )
  })
}

describe.skipIf(missing)(`Behind PgBouncer${missing && ` (${missing} is not installed)`}`, () => {
  test.each([
    ['transaction', {}],
    ['transaction', { server_round_robin: 1 }],
    ['transaction', { default_pool_size: 1 }],
    ['transaction', { default_pool_size: 2 }],
    ['statement', {}]
  ])('D5: in %s mode %j every command ends with one line', async (mode, settings) => {
    await using pooler = await startPgbouncer(await createDatabase(postgres.adminUrl), {
      pool_mode: mode,
      ...settings
    })
    for (const [said, ...args] of [
      ['Parley cannot start.', 'serve'],
      ['Nothing was examined.', 'doctor'],
      ['No one was added.', 'user', 'add', 'anna']
    ]) {
      const { code, stdout, stderr } = await parley(pooler.url, ...args)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr.split('\n')).toEqual([
        said,
        expect.stringMatching(/^ {2}a pooler before Postgres gives each transaction another connection/),
        ''
      ])
    }
  })

  test('D5: in session mode everything works', async () => {
    await using pooler = await startPgbouncer(await createDatabase(postgres.adminUrl), {
      pool_mode: 'session',
      default_pool_size: 40
    })
    await using server = await startParley({ env: { DATABASE_URL: pooler.url } })
    const john = await loginAs(server.url, 'john')
    const { id } = await john.conversationWith('jane')
    await Promise.all(Array.from({ length: 20 }, (_, nth) => john.send(id, `message ${nth}`)))
    expect((await john.get<unknown[]>(`/api/conversations/${id}/messages`)).body).toHaveLength(20)
    expect(await parley(pooler.url, 'doctor')).toMatchObject({ code: 0 })
  })
})
