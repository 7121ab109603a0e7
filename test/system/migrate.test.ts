import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, PostgresDialect } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { migrate } from '../../server/platform/storage/migrations/index.ts'
import { openPool } from '../../server/platform/storage/postgres/pool.ts'
import type { Schema } from '../../server/platform/storage/schema.ts'
import { loginAs } from '../harness/api.ts'
import { cleanEnv, release, startParley } from '../harness/parley.ts'
import { administer, createDatabase, hasPostgres, startPostgres, type Postgres } from '../harness/postgres.ts'
import { openStream } from '../harness/stream.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-migrate-'))
})
afterAll(() => rm(dataDir, { recursive: true }))

function parley(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      './server/parley.js',
      args,
      { cwd: release, env: cleanEnv({ DATA_DIR: dataDir, ...env }) },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    )
  })
}

describe.skipIf(!hasPostgres)(
  `parley migrate --to${hasPostgres ? '' : ' (Postgres is not installed)'}`,
  () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await startPostgres()
    })
    afterAll(() => postgres.stop())
    const emptyDatabase = () => createDatabase(postgres.adminUrl)

    test('R4: a signed-in user continues with the same cursor and keys on the new database', async () => {
      const url = await emptyDatabase()
      await using here = await startParley({ dataDir })
      const john = await loginAs(here.url, 'john')
      const jane = await loginAs(here.url, 'jane')
      const { id } = await john.conversationWith('jane')
      const key = crypto.randomUUID()
      const first = await john.post<Message>(`/api/conversations/${id}/messages`, {
        content: 'first',
        clientId: key
      })
      const cursor = (await jane.get('/api/conversations')).headers.get('event-cursor')!
      const draft = { version: 0, value: { text: '𝔲nsent, "quoted" \\ and\nbroken' } }
      await john.put(`/api/personal_state/draft/${id}`, draft)
      await john.send(id, '𝔲nseen, "quoted" \\ and\nbroken')

      expect((await parley({}, 'migrate', '--to', url)).stderr).toContain('stop it first')
      await here.kill('SIGTERM')
      const moved = await parley({}, 'migrate', '--to', url)
      expect(moved).toMatchObject({ code: 0, stderr: '' })
      expect(moved.stdout).toContain('messages: 2 of 2 compared')

      await using there = await startParley({ env: { DATABASE_URL: url } })
      const stream = await openStream(there.url, jane.token, { lastEventId: cursor })
      expect((await stream.next()).data).toMatchObject({ content: '𝔲nseen, "quoted" \\ and\nbroken' })
      stream.cut()
      const kept = await fetch(`${there.url}/api/personal_state`, {
        headers: { authorization: `Bearer ${john.token}` }
      })
      expect(await kept.json()).toEqual([{ kind: 'draft', key: id, version: 1, value: draft.value }])
      const again = await call(there.url, john.token, id, { content: 'first', clientId: key })
      expect(again).toEqual(first.body)
      const next = await call(there.url, john.token, id, { content: 'next' })
      expect(next.position).toBe(3)
      expect(Number(next.id)).toBeGreaterThan(Number(first.body.id))

      // Two servers would assign the same seqs to different events.
      await expect(here.restart()).rejects.toThrow('moved to Postgres')
    })

    test('R4: a killed move leaves nothing behind, and can be restarted', async () => {
      const url = await emptyDatabase()
      await fillDatabase(join(dataDir, 'parley.db'))
      // Creates the tables, so that one can be locked: the move blocks there after all rows are written.
      await makeTables(url)
      const other = new Client({ connectionString: url })
      await other.connect()
      await other.query('BEGIN; LOCK TABLE inbox_events')
      const move = spawn('./server/parley.js', ['migrate', '--to', url], {
        cwd: release,
        env: cleanEnv({ DATA_DIR: dataDir }),
        stdio: ['ignore', 'pipe', 'inherit']
      })
      for await (const chunk of move.stdout) if (String(chunk).includes('inbox_heads: 2 of 2 compared')) break
      move.kill('SIGKILL')
      await once(move, 'close')
      await other.end()
      expect(await administer(url, 'SELECT id FROM users')).toEqual([])

      expect(await parley({}, 'migrate', '--to', url)).toMatchObject({ code: 0, stderr: '' })
      expect(await administer(url, 'SELECT count(*)::int AS rows FROM messages')).toEqual([{ rows: 3_000 }])
    })

    test('R4: a move whose rows arrive changed is rolled back', async () => {
      const url = await emptyDatabase()
      await fillDatabase(join(dataDir, 'parley.db'))
      await makeTables(url)
      await administer(
        url,
        `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN NEW.content := 'message 2998'; RETURN NEW; END $$;
       CREATE TRIGGER spoil BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.id = 2999) EXECUTE FUNCTION spoil()`
      )
      const { code, stderr } = await parley({}, 'migrate', '--to', url)
      expect([code, stderr]).toEqual([1, expect.stringContaining('messages is not the same in both')])
      expect(await administer(url, 'SELECT id FROM users')).toEqual([])
    })

    test('R4: a move needs an empty database', async () => {
      const url = await emptyDatabase()
      {
        // With its own john and jane.
        await using other = await startParley({ env: { DATABASE_URL: url } })
        await fillDatabase(join(dataDir, 'parley.db'))
        expect((await parley({}, 'migrate', '--to', url)).stderr).toContain('a Parley runs on that database')
        await other.kill('SIGTERM')
      }
      const refused = await parley({}, 'migrate', '--to', url)
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('name an empty one')])
      expect(await administer(url, 'SELECT username FROM users ORDER BY username')).toEqual([
        { username: 'jane' },
        { username: 'john' }
      ])
    })

    test.each([
      ['sqlite:/tmp/other.db', 'postgres://'],
      ['postgres://unknown:secret@127.0.0.1:1/parley', 'does not answer'],
      ['http://localhost', 'DATABASE_URL']
    ])('%s is refused in a line without the password', async (url, words) => {
      const { code, stderr } = await parley({}, 'migrate', '--to', url)
      expect([code, stderr]).toEqual([1, expect.stringContaining(words)])
      expect(stderr).not.toMatch(/secret| {4}at /)
    })
  }
)

async function call(url: string, token: string, conversationId: string, body: object): Promise<Message> {
  const answer = await fetch(`${url}/api/conversations/${conversationId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  expect(answer.status).toBe(201)
  return (await answer.json()) as Message
}

/** Creates the tables in an empty database. */
async function makeTables(url: string): Promise<void> {
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: openPool(url, { max: 1, patient: true }) })
  })
  await migrate(db, 'postgres', { say: () => {} })
  await db.destroy()
}

/** Replaces the database with a stopped one of 3,000 messages between john and jane. */
async function fillDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '.mark', '.lock']) await rm(path + suffix, { force: true })
  await parley({}, 'user', 'add', 'john', 'jane')
  const database = new DatabaseSync(path)
  database.exec(`
    INSERT INTO conversations (id, kind, direct_key, last_message_id, last_position, created_at)
      VALUES (1, 'direct', '1:2', 3000, 3000, 0);
    INSERT INTO participants (conversation_id, user_id, joined_at) VALUES (1, 1, 0), (1, 2, 0);
    INSERT INTO messages (conversation_id, position, sender_id, content, created_at)
      WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 3000)
      SELECT 1, n, 1, 'message ' || n, n FROM counted;
    INSERT INTO older_sends (sender_id, key, payload_hash, message_id) SELECT 1, id, 'hash', id FROM messages`)
  database.close()
}
