import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgresStore } from '../../server/postgres-store.ts'
import { startPair } from '../fixtures/people.ts'
import { loginAs } from '../harness/api.ts'
import { cleanEnv, freePort, release, startParley } from '../harness/parley.ts'
import {
  administer,
  createDatabase,
  hasPostgres,
  programs,
  startPostgres,
  type Postgres
} from '../harness/postgres.ts'
import { openStream } from '../harness/stream.ts'

const missing = hasPostgres ? '' : ' (Postgres is not installed)'
let postgres: Postgres
beforeAll(async () => {
  if (hasPostgres) postgres = await startPostgres()
})
afterAll(() => postgres?.stop())

type Run = { code: number; stdout: string; stderr: string }

/** Runs a parley command to its end. */
function parley(url: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      './server/parley.js',
      args,
      { cwd: release, env: cleanEnv({ DATABASE_URL: url, PORT: '0' }) },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    )
  })
}

function urlWith(
  url: string,
  change: Partial<Pick<URL, 'username' | 'password' | 'pathname' | 'port'>>
): string {
  return Object.assign(new URL(url), change).href
}

/** Starts Parley, which must fail with one line that states the reason, without the password. */
async function expectRefusal(url: string, why: string | RegExp): Promise<void> {
  const { code, stdout, stderr } = await parley(url, 'serve')
  expect([code, stdout]).toEqual([1, ''])
  const [said, line, ...more] = stderr.split('\n')
  expect([said, more]).toEqual(['Parley cannot start.', ['']])
  expect(line).toMatch(why)
  expect(stderr).not.toContain('sesame')
  expect(stderr).not.toContain('wrong')
}

describe.skipIf(!hasPostgres)(`D5: a start on an unusable Postgres${missing}`, () => {
  test('names the user that is rejected', async () => {
    const url = await createDatabase(postgres.adminUrl)
    await expectRefusal(urlWith(url, { password: 'wrong' }), /does not let "parley" in: .*; see DATABASE_URL/)
    await expectRefusal(urlWith(url, { password: '' }), /does not let "parley" in: .*; see DATABASE_URL/)
    await expectRefusal(urlWith(url, { username: 'unknown' }), /does not let "unknown" in/)
  })

  test('names the missing database, and one owned by another user', async () => {
    const url = await createDatabase(postgres.adminUrl)
    await expectRefusal(
      urlWith(url, { pathname: '/nowhere' }),
      /has no database "nowhere"; make it: CREATE DATABASE/
    )
    await expectRefusal(
      urlWith(url, { pathname: '/postgres' }),
      /"parley" may not change the database "postgres"/
    )
  })

  test('names the unreachable server', async () => {
    const port = String(await freePort())
    const url = urlWith(await createDatabase(postgres.adminUrl), { port })
    await expectRefusal(
      url,
      new RegExp(`Postgres at 127\\.0\\.0\\.1:${port} does not answer: .*ECONNREFUSED`)
    )
  })

  test.each([
    ['synchronous_commit', 'off', /synchronous_commit off: acknowledged messages could be lost; turn it on/],
    ['default_transaction_read_only', 'on', /takes reads only/]
  ])('with %s %s is refused', async (setting, value, why) => {
    const url = await createDatabase(postgres.adminUrl)
    await administer(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET ${setting} = ${value}`)
    await expectRefusal(url, why)
  })

  test('with fsync off is refused', async () => {
    const url = await createDatabase(postgres.adminUrl)
    await postgres.restart({ fsync: 'off' })
    await expectRefusal(url, /fsync off: acknowledged messages could be lost; turn it on/)
    await postgres.restart()
  })

  test.each(['LATIN1', 'SQL_ASCII'])('with the encoding %s is refused', async (encoding) => {
    const name = encoding.toLowerCase()
    await administer(
      postgres.adminUrl,
      `CREATE DATABASE ${name} OWNER parley ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`
    )
    const url = urlWith(await createDatabase(postgres.adminUrl), { pathname: `/${name}` })
    await expectRefusal(url, new RegExp(`encoded in ${encoding}; make it with ENCODING 'UTF8'`))
  })

  test('that is a standby is refused', async () => {
    await using own = await startPostgres()
    const url = await createDatabase(own.adminUrl)
    await own.kill()
    writeFileSync(join(own.data, 'standby.signal'), '')
    await own.restart()
    await expectRefusal(url, /this Postgres is a standby, where nothing can be written; name the primary/)
  })

  test('with an unusable search_path is refused', async () => {
    const url = await createDatabase(postgres.adminUrl)
    const name = new URL(url).pathname.slice(1)
    const setPath = (path: string) => administer(url, `ALTER DATABASE ${name} SET search_path = ${path}`)
    await setPath('nowhere')
    await expectRefusal(
      url,
      /the search_path \(nowhere\) names no schema that "parley" may use; set it: ALTER ROLE/
    )
    await setPath('public')
    await openAndClose(url)
    await administer(url, 'CREATE SCHEMA elsewhere')
    await setPath('elsewhere')
    await expectRefusal(
      url,
      /tables are in the schema "public", and the search_path \(elsewhere\) does not name it/
    )
  })

  test('without write access to every table is refused', async () => {
    const url = await createDatabase(postgres.adminUrl)
    await openAndClose(url)
    await administer(url, 'REVOKE INSERT ON messages FROM parley')
    await administer(url, 'REVOKE SELECT ON mentions FROM parley')
    await expectRefusal(
      url,
      /"parley" may not read and write the tables messages, mentions; make it their owner/
    )
  })

  test('with tables of another program is refused', async () => {
    const url = await createDatabase(postgres.adminUrl)
    await administer(url, 'CREATE TABLE kysely_migration (name text PRIMARY KEY, timestamp text)')
    await administer(url, "INSERT INTO kysely_migration VALUES ('0001-recipes', '')")
    await expectRefusal(url, /holds the tables of another program; give Parley a database of its own/)
  })

  test('of an old version is refused', async () => {
    const url = await createDatabase(postgres.adminUrl)
    const [row] = await administer<{ version: string }>(
      url,
      "SELECT current_setting('server_version_num') AS version"
    )
    // The real server with another version number.
    const older = createServer((client) => {
      const server = connect(postgres.port, '127.0.0.1')
      client.pipe(server)
      server.on('data', (bytes: Buffer) => {
        client.write(Buffer.from(bytes.toString('latin1').replaceAll(row!.version, '140011'), 'latin1'))
      })
      for (const socket of [client, server]) {
        socket.on('error', () => {})
        socket.on('close', () => [client, server].map((each) => each.destroy()))
      }
    }).listen(0, '127.0.0.1')
    await once(older, 'listening')
    const port = String((older.address() as AddressInfo).port)
    await expectRefusal(urlWith(url, { port }), /this is Postgres 14; Parley needs 15 or newer/)
    older.close()
  })
})

describe.skipIf(!hasPostgres)(`The commands on Postgres${missing}`, () => {
  let url: string
  beforeAll(async () => {
    url = await createDatabase(postgres.adminUrl)
  })

  test('a start names the location of the data, without the password, and leaves the data folder empty', async () => {
    await using server = await startParley({ env: { DATABASE_URL: url } })
    expect(server.output()).toContain(`in the database ${new URL(url).pathname.slice(1)} at 127.0.0.1`)
    expect(server.output()).not.toContain('sesame')
    expect(readdirSync(server.dataDir)).toEqual([])
  })

  test('user add adds users who can sign in at once, while Parley runs', async () => {
    await using server = await startParley({ env: { DATABASE_URL: url } })
    expect(await parley(url, 'user', 'add', 'anna', 'JOHN')).toMatchObject({
      code: 1,
      stdout: 'added anna\n',
      stderr: 'not added: JOHN: the name is taken\n'
    })
    expect((await loginAs(server.url, 'anna')).user.username).toBe('anna')
  })

  test('doctor finds a sound database without problems, and names those of another', async () => {
    await using server = await startParley({ env: { DATABASE_URL: url } })
    const john = await loginAs(server.url, 'john')
    await john.send((await john.conversationWith('jane')).id, 'hello')
    expect(await parley(url, 'doctor')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is sound')
    })
    await administer(url, 'DELETE FROM inbox_events WHERE seq = 1')
    const { code, stderr } = await parley(url, 'doctor')
    expect(code).toBe(1)
    expect(stderr).toContain('a log is not contiguous')
  })

  test.each(['backup', 'restore'])('%s names the tool to use instead', async (command) => {
    const { code, stderr } = await parley(url, command, 'file')
    expect(code).toBe(1)
    expect(stderr).toContain('pg_dump')
  })
})

/** Opens the store, closes it, and returns what it found. */
async function openAndClose(url: string) {
  const store = await openPostgresStore(url)
  await store.close()
  return { epoch: store.epoch, renewed: store.renewed }
}
const program = (name: string, ...args: string[]) =>
  execFileSync(`${programs}/${name}`, args, { encoding: 'utf8', maxBuffer: 100_000_000 })

describe.skipIf(!hasPostgres)(`R1: a Postgres database${missing}`, () => {
  test('restored from a dump, elsewhere or in place, gets a new epoch once', async () => {
    const url = await createDatabase(postgres.adminUrl)
    const store = await openPostgresStore(url)
    await startPair(store)
    await store.close()
    const first = await openAndClose(url)
    expect(first).toEqual({ epoch: store.epoch, renewed: null })
    const dump = join(postgres.data, 'dump')
    writeFileSync(dump, program('pg_dump', '--no-owner', '--clean', '--if-exists', url))

    const elsewhere = await createDatabase(postgres.adminUrl)
    for (const [target, why] of [
      [elsewhere, 'restored from a dump'],
      [url, 'restored from a dump']
    ] as const) {
      program('psql', '--quiet', '--file', dump, target)
      const restored = await openAndClose(target)
      expect(restored.renewed).toBe(why)
      expect(restored.epoch).not.toBe(first.epoch)
      expect(await openAndClose(target)).toEqual({ epoch: restored.epoch, renewed: null })
    }
  })

  test('taken over by a standby ends the running node; the next start gets a new epoch, and streams a reset', async () => {
    await using own = await startPostgres()
    const url = await createDatabase(own.adminUrl)
    await using server = await startParley({ env: { DATABASE_URL: url } })
    const john = await loginAs(server.url, 'john')
    const { id } = await john.conversationWith('jane')
    const cursor = (await john.get('/api/conversations')).headers.get('event-cursor')!

    await own.kill()
    writeFileSync(join(own.data, 'standby.signal'), '')
    await own.restart()
    const refused = await john.post(`/api/conversations/${id}/messages`, { content: 'to a standby' })
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([503, 'storage_unavailable'])
    await administer(own.adminUrl, 'SELECT pg_promote()')
    // A request makes the node reconnect; once it has ended, there is no answer.
    while (await john.get(`/api/conversations/${id}`).catch(() => null));
    expect(await server.ended()).toEqual({ code: 1, signal: null })
    expect(server.output()).toContain('the database is on another timeline than it was')

    await server.restart()
    expect(server.output()).toContain('it has a new epoch')
    const stream = await openStream(server.url, john.token, { lastEventId: cursor })
    expect(await stream.next()).toMatchObject({ name: 'reset', data: { reason: 'epoch' } })
    stream.cut()
  })
})
