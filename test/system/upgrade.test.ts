import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import facts from '../fixtures/version-0.1/facts.json' with { type: 'json' }
import { apiWith, loginAs, type Api } from '../harness/api.ts'
import { hasNats, startNats } from '../harness/nats.ts'
import { cleanEnv, freePort, release, repository, startParley, type Parley } from '../harness/parley.ts'
import {
  administer,
  createDatabase,
  hasPostgres,
  programs,
  startPostgres,
  type Postgres
} from '../harness/postgres.ts'
import { openStream } from '../harness/stream.ts'
import { checkOut } from '../harness/versions.ts'

const fixture = join(repository, 'test/fixtures/version-0.1')
let postgres: Postgres
beforeAll(async () => {
  if (hasPostgres) postgres = await startPostgres()
})
afterAll(() => postgres?.stop())

/**
 * Checks that the users of 0.1 find themselves, their messages, their keys, and the events since in the new
 * version.
 */
async function expectAll(url: string, { conversationId, key, first, cursor }: typeof facts.sqlite) {
  const john = await loginAs(url, 'john')
  const jane = await loginAs(url, 'jane')
  expect(john.user.id).toBe(first.sender.id)
  const path = `/api/conversations/${conversationId}/messages`
  const { body: messages } = await jane.get<Message[]>(path)
  expect(messages.map(({ content }) => content)).toEqual(['', 'hello @john, edited', 'hello jane'])

  const again = await john.post(path, key)
  const { reactions, ...unchanged } = again.body as Message
  expect([again.status, unchanged]).toEqual([201, first])
  expect(reactions).toMatchObject([{ emoji: '👍' }])
  const other = await john.post<{ code: string }>(path, { ...key, content: 'something else' })
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_mismatch'])

  const stream = await openStream(url, jane.token, { lastEventId: cursor })
  await stream.until(({ name }) => name === 'sync')
  const names = stream.seen.map(({ name }) => name)
  expect(names).not.toContain('reset')
  expect(names).toEqual(expect.arrayContaining(['message_sent', 'conversation_created', 'reaction_added']))
  const sent = await john.send(conversationId, 'after the upgrade')
  expect((await stream.until(({ name }) => name === 'message')).data).toMatchObject({ id: sent.id })
  stream.cut()
}

describe('U4: what 0.1 wrote', () => {
  test('is upgraded on SQLite after a backup, and keeps working', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-upgrade-'))
    const path = join(dataDir, 'parley.db')
    copyFileSync(join(fixture, 'parley.db'), path)
    // As 0.1 left it there: the mark names the file beside it.
    const database = new DatabaseSync(path, { readOnly: true })
    const [epoch, events] = [
      "SELECT value FROM settings WHERE name = 'epoch'",
      'SELECT sum(head) FROM inbox_heads'
    ].map((query) => String(Object.values(database.prepare(query).get()!)[0]))
    database.close()
    const { ino, birthtimeMs } = statSync(path)
    const file = `${ino}:${Math.trunc(birthtimeMs)}`
    writeFileSync(`${path}.mark`, `${epoch!.padEnd(32)} ${events!.padEnd(16)} ${file.padEnd(40)}\n`)

    {
      await using server = await startParley({ dataDir })
      expect(server.output()).not.toContain('new epoch')
      await expectAll(server.url, facts.sqlite)
      await server.kill('SIGTERM')
    }
    const backups = readdirSync(dataDir).filter((name) => name.startsWith('parley.db.before-'))
    expect(backups).toHaveLength(1)
    expect(statSync(join(dataDir, backups[0]!)).mode & 0o777).toBe(0o600)

    // The rollback: 0.1 starts on the backup.
    await using version = await checkOut('0.1')
    copyFileSync(join(dataDir, backups[0]!), path)
    await using older = await startParley({ dataDir, folder: version.folder })
    const john = await loginAs(older.url, 'john')
    const { body } = await john.get<Message[]>(`/api/conversations/${facts.sqlite.conversationId}/messages`)
    expect(body).toHaveLength(3)
    await older.kill('SIGTERM')
    await rm(dataDir, { recursive: true })
  })

  test.skipIf(!hasPostgres)('is upgraded on Postgres, from a dump', async () => {
    const url = await createDatabase(postgres.adminUrl)
    const dump = join(fixture, 'dump.sql')
    execFileSync(`${programs}/psql`, ['--quiet', '--set=ON_ERROR_STOP=1', '--file', dump, url])
    // As if it had always been here: a restored dump gets a new epoch.
    await administer(url, "DELETE FROM settings WHERE name = 'postgres_identity'")
    await using server = await startParley({ env: { DATABASE_URL: url } })
    await expectAll(server.url, facts.postgres)
  })
})

/** Sends through any available node, retrying with the same key, until the message is acknowledged. */
async function sendSurely(people: Api[], conversationId: string, content: string): Promise<Message> {
  const clientId = randomUUID()
  for (let nth = 0; ; nth++) {
    const person = people[nth % people.length]!
    const answer = await person
      .post<Message>(`/api/conversations/${conversationId}/messages`, { content, clientId })
      .catch(() => null)
    if (answer?.status === 201) return answer.body
    if (answer && answer.status < 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    await turn()
  }
}

/**
 * Reads a user's events from any available node, resuming where the last stream ended, until `last` arrives.
 */
async function follow(urls: string[], token: string, cursor: string, last: () => string | undefined) {
  const contents: string[] = []
  let lastEventId = cursor
  for (let nth = 0; ; nth++) {
    const stream = await openStream(urls[nth % urls.length]!, token, { lastEventId }).catch(() => null)
    if (!stream) {
      await turn()
      continue
    }
    try {
      for (;;) {
        const { name, data } = await stream.next()
        if (name === 'reset') throw new Error('the stream was reset')
        if (name === 'message') contents.push((data as Message).content)
        if (last() !== undefined && contents.includes(last()!)) return contents
      }
    } catch (error) {
      if (!/the stream ended/.test(String(error))) throw error
      lastEventId = stream.lastEventId
    } finally {
      stream.cut()
    }
  }
}

const missing = [!hasPostgres && 'Postgres', !hasNats && 'nats-server'].filter(Boolean).join(' and ')

describe.skipIf(missing)(`U2: nodes${missing && ` (${missing} is not installed)`}`, () => {
  test('three are upgraded and rolled back in turn under load without loss', async () => {
    await using started = new AsyncDisposableStack()
    const version = started.use(await checkOut('first-to-roll'))
    const nats = started.use(await startNats())
    const databaseUrl = await createDatabase(postgres.adminUrl)
    const ports = await Promise.all([0, 1, 2].map(freePort))
    const env = { DATABASE_URL: databaseUrl, NATS_URL: nats.url, PARLEY_RATE_LIMITS: 'off' }
    const start = (port: number, folder?: string) => startParley({ port, env, ...(folder && { folder }) })
    const nodes: Parley[] = []
    for (const port of ports) nodes.push(await start(port, version.folder))
    started.defer(async () => void (await Promise.all(nodes.map((node) => node.stop()))))
    const urls = nodes.map((node) => node.url)

    const john = await loginAs(urls[0]!, 'john')
    const jane = await loginAs(urls[1]!, 'jane')
    const { id } = await john.conversationWith('jane')
    const cursor = (await jane.get('/api/conversations')).headers.get('event-cursor')!
    const everywhere = urls.map((url) => apiWith(url, john.token, john.user))

    const load = { on: true }
    const acknowledged: Message[] = []
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let nth = 0; load.on; nth++) {
        acknowledged.push(
          await sendSurely(
            everywhere.toSorted(() => writer % 2 || -1),
            id,
            `${writer}.${nth}`
          )
        )
      }
    })
    let last: string | undefined
    const followers = [0, 1, 2].map((shift) =>
      follow([...urls.slice(shift), ...urls.slice(0, shift)], jane.token, cursor, () => last)
    )
    const roll = async (nth: number, folder?: string) => {
      const sofar = acknowledged.length
      expect(await nodes[nth]!.kill('SIGTERM')).toEqual({ code: 0, signal: null })
      nodes[nth] = await start(ports[nth]!, folder)
      while (acknowledged.length < sofar + 20) await turn()
    }
    for (const nth of [0, 1, 2]) await roll(nth)
    // An older node starts on the schema of the newer ones.
    await roll(0, version.folder)
    await roll(0)
    load.on = false
    await Promise.all(writers)
    const end = await sendSurely(everywhere, id, 'the end')
    last = end.content

    const sent = acknowledged.map(({ content }) => content)
    for (const received of await Promise.all(followers)) {
      expect(received.toSorted()).toEqual([...sent, 'the end'].toSorted())
    }
    expect(new Set(acknowledged.map(({ id }) => id)).size).toBe(sent.length)
    expect(end.position).toBe(sent.length + 1)
    const doctor = execFileSync('./server/parley.js', ['doctor'], {
      cwd: release,
      env: cleanEnv({ DATABASE_URL: databaseUrl }),
      encoding: 'utf8'
    })
    expect(doctor).toContain('is sound')
  })

  test('detect a newer schema: an addition is logged, an incompatible change ends them with a line', async () => {
    const url = await createDatabase(postgres.adminUrl)
    await using node = await startParley({ env: { DATABASE_URL: url } })
    const john = await loginAs(node.url, 'john')
    await administer(url, "INSERT INTO kysely_migration VALUES ('9998-shoes', '')")
    while (!node.output().includes('a newer Parley has added to the database (9998-shoes)')) await turn()
    expect((await john.get('/api/conversations')).status).toBe(200)

    await administer(url, "UPDATE settings SET value = '9999-boots' WHERE name = 'schema_needs'")
    await administer(url, "INSERT INTO kysely_migration VALUES ('9999-boots', '')")
    expect(await node.ended()).toEqual({ code: 1, signal: null })
    expect(node.output()).toMatch(
      /Parley ends: this database was written by a newer Parley \(9998-shoes, 9999-boots\); start that version/
    )
  })
})
