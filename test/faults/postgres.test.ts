import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import type { Conversation, Message } from '@parley/contract/entities'
import type { ProblemDocument } from '@parley/contract/problems'
import { openPostgresStore } from '../../server/postgres-store.ts'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { administer, createDatabase, hasPostgres, startPostgres, type Postgres } from '../harness/postgres.ts'
import { openStream, type EventStream } from '../harness/stream.ts'
import { openTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts'

/** Somebody who sends message after message, each with its key until it is acknowledged. */
type Writer = { stop(): Promise<void> }

/** What every writer was told so far. */
type Heard = { refusals: number; acknowledged: Map<string, Message> }

function startWriter(api: Api, conversationId: string, heard: Heard): Writer {
  const stop = new AbortController()
  async function write(): Promise<void> {
    while (!stop.signal.aborted) await sendUntilAcknowledged(api, conversationId, randomUUID(), heard)
  }
  const written = write()
  return {
    stop() {
      stop.abort()
      return written
    }
  }
}

/** Sends with one key until there is a 201; anything but that and a 503 `storage_unavailable` is a fault. */
async function sendUntilAcknowledged(
  api: Api,
  conversationId: string,
  key: string,
  heard: Heard
): Promise<Message> {
  for (;;) {
    const { status, headers, body } = await api.post<Message | ProblemDocument>(
      `/api/conversations/${conversationId}/messages`,
      { content: `${api.user.username}: ${key}`, clientId: key }
    )
    if (status === 201) {
      heard.acknowledged.set(key, body as Message)
      return body as Message
    }
    const refusal = [status, (body as ProblemDocument).code, headers.get('retry-after')]
    if (String(refusal) !== '503,storage_unavailable,1') throw new Error(`answered ${String(refusal)}`)
    heard.refusals++
  }
}

/** Reads somebody's whole log, stream after stream, from a cursor on; resolves at `stop` with all it got. */
function startReader(api: Api, from: string): { stop(cursor: string): Promise<unknown[]> } {
  const origin = parseCursor(from)!
  const events: { name: string; data: unknown }[] = []
  let stream: EventStream | undefined
  let last: string | undefined
  const at = () => formatCursor({ ...origin, seq: origin.seq + events.length })
  async function read(): Promise<unknown[]> {
    for (; at() !== last;) {
      try {
        stream = await openStream(api.url, api.token, { lastEventId: at() })
        while (at() !== last) {
          const { name, id, data } = await stream.next()
          if (id === null) continue
          expect(id).toBe(formatCursor({ ...origin, seq: origin.seq + events.length + 1 }))
          events.push({ name, data })
        }
      } catch (error) {
        if (!/^Error: (stream|the stream ended)|fetch failed/.test(String(error))) throw error
      }
      stream?.cut()
    }
    return events
  }
  const done = read()
  return {
    stop(cursor) {
      last = cursor
      // Wakes a reader that has everything already.
      if (at() === cursor) stream?.cut()
      return done
    }
  }
}

describe.skipIf(!hasPostgres)(
  `A Postgres that fails${hasPostgres ? '' : ' (no Postgres is installed)'}`,
  () => {
    let postgres: Postgres
    let url: string
    let proxy: TcpProxy
    let server: Parley
    let john: Api
    let jane: Api
    let heard: Heard
    beforeAll(async () => {
      postgres = await startPostgres()
      proxy = await openTcpProxy({ port: postgres.port, host: '127.0.0.1' })
      url = await createDatabase(postgres.adminUrl)
      const proxied = Object.assign(new URL(url), { port: proxy.port }).href
      server = await startParley({ env: { DATABASE_URL: proxied } })
      john = await loginAs(server.url, 'john')
      jane = await loginAs(server.url, 'jane')
    })
    afterAll(async () => {
      await server.stop()
      await proxy.close()
      await postgres.stop()
    })
    /** The conversation of the test, and its people's cursors at its start. */
    let id: string
    let count: number
    async function begin(): Promise<void> {
      heard = { refusals: 0, acknowledged: new Map() }
      const conversation = await john.conversationWith('jane')
      id = conversation.id
      count = conversation.lastMessage?.position ?? 0
    }
    afterEach(() => expect(server.output()).not.toMatch(/a request failed|Parley ends/))

    async function history(): Promise<Message[]> {
      const path = `/api/conversations/${id}/messages?peek=1`
      const messages: Message[] = []
      for (let before = ''; ;) {
        const { body } = await john.get<Message[]>(path + before)
        if (body.length === 0) return messages.toReversed()
        messages.push(...body)
        before = `&before=${body.at(-1)!.id}`
      }
    }
    const urlOfSuperuser = () =>
      Object.assign(new URL(postgres.adminUrl), { pathname: new URL(url).pathname }).href
    async function cursorOf(api: Api): Promise<string> {
      const { headers } = await api.get<Conversation>(`/api/conversations/${id}`)
      return headers.get('event-cursor')!
    }

    /** Every acknowledged message is there once, nothing else is, and nothing in the database contradicts itself. */
    async function expectExactlyOnce(): Promise<void> {
      const messages = await history()
      expect(messages.map((message) => message.position)).toEqual(messages.map((_, i) => i + 1))
      const sent = messages.slice(count)
      expect(
        new Map(sent.map((message) => [message.clientId ?? message.content.split(': ')[1], message.id]))
      ).toEqual(new Map([...heard.acknowledged].map(([key, message]) => [key, message.id])))
      expect(sent).toHaveLength(heard.acknowledged.size)
      const store = await openPostgresStore(url)
      expect(await store.read('listFindings', {})).toEqual([])
      await store.close()
    }

    test('D1, D3, E1: restarted and killed under load: what was acknowledged is there, once, and every stream has it', async () => {
      // A commit takes its time, so that a kill meets one.
      const slow = { commit_delay: '50000', commit_siblings: '0' }
      await postgres.restart(slow)
      await begin()
      const readers = await Promise.all(
        [john, jane].map(async (api) => startReader(api, await cursorOf(api)))
      )
      const writers = Array.from({ length: 16 }, (_, i) => startWriter(i % 2 ? john : jane, id, heard))
      const more = async () => {
        const { size } = heard.acknowledged
        while (heard.acknowledged.size < size + 64) await new Promise(setImmediate)
      }
      for (const signal of ['SIGINT', 'SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
        await more()
        await postgres.kill(signal)
        await postgres.restart(slow)
      }
      await more()
      // Away for longer than anybody waits.
      await postgres.kill('SIGKILL')
      while (heard.refusals < 16) await new Promise(setImmediate)
      const refused = await john.get<ProblemDocument>(`/api/conversations/${id}`)
      expect([refused.status, refused.body.code]).toEqual([503, 'storage_unavailable'])
      await postgres.restart()
      await more()
      await Promise.all(writers.map((writer) => writer.stop()))
      await expectExactlyOnce()
      for (const [i, api] of [john, jane].entries()) {
        const events = (await readers[i]!.stop(await cursorOf(api))) as { data: Message }[]
        expect(new Set(events.map(({ data }) => data.id))).toEqual(
          new Set([...heard.acknowledged.values()].map((message) => message.id))
        )
        expect(events).toHaveLength(heard.acknowledged.size)
      }
      expect(server.output()).toMatch(/Postgres does not answer .*\n[^]*Postgres answers again/)
    })

    test('D3: every connection stuck behind a lock: 503 after a while, for reads and writes, and then it goes on', async () => {
      await begin()
      const holder = new Client({ connectionString: url })
      await holder.connect()
      await holder.query('BEGIN; LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE')
      const keys = Array.from({ length: 40 }, () => randomUUID())
      const path = `/api/conversations/${id}`
      const answers = await Promise.all([
        ...keys.map((clientId) => john.post(`${path}/messages`, { content: `john: ${clientId}`, clientId })),
        ...Array.from({ length: 40 }, () => jane.get(path)),
        ...Array.from({ length: 20 }, () => jane.post(`${path}/read_messages`))
      ])
      expect(
        new Set(answers.map(({ status, body }) => `${status} ${(body as ProblemDocument).code}`))
      ).toEqual(new Set(['503 storage_unavailable']))
      await holder.query('ROLLBACK')
      await holder.end()
      await Promise.all(keys.map((key) => sendUntilAcknowledged(john, id, key, heard)))
      await expectExactlyOnce()
    })

    test('E1, O2: a batch that Postgres chose to break a deadlock is sent again, once', async () => {
      await begin()
      const rival = new Client({ connectionString: urlOfSuperuser() })
      await rival.connect()
      // So that it is not the one who looks first, and gives up.
      await rival.query("SET deadlock_timeout = '60s'")
      await rival.query(`BEGIN; SELECT FROM inbox_heads WHERE user_id = ${jane.user.id} FOR UPDATE`)
      const sent = sendUntilAcknowledged(john, id, randomUUID(), heard)
      const waiting = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
      while ((await administer<{ count: number }>(postgres.adminUrl, waiting))[0]!.count === 0);
      await rival.query(`SELECT FROM conversations WHERE id = ${id} FOR UPDATE`)
      await rival.query('ROLLBACK')
      await rival.end()
      await sent
      expect(postgres.output()).toContain('deadlock detected')
      await expectExactlyOnce()
    })

    test('E1, O2: serialization failures are tried again, for a while', async () => {
      await begin()
      await administer(
        url,
        `CREATE SEQUENCE failures;
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('failures') % 3 > 0 THEN RAISE 'not now' USING ERRCODE = '40001'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail BEFORE INSERT ON inbox_events FOR EACH STATEMENT EXECUTE FUNCTION fail()`
      )
      for (let i = 0; i < 10; i++) await sendUntilAcknowledged(john, id, randomUUID(), heard)
      expect((await jane.post(`/api/conversations/${id}/read_messages`)).status).toBe(204)
      expect(heard.refusals).toBe(0)

      await administer(
        url,
        "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never' USING ERRCODE = '40001'; END $$"
      )
      const path = `/api/conversations/${id}/messages`
      const { status, body } = await john.post<ProblemDocument>(path, { content: 'refused' })
      expect([status, body.code]).toEqual([503, 'storage_unavailable'])
      await administer(url, 'DROP TRIGGER fail ON inbox_events; DROP FUNCTION fail; DROP SEQUENCE failures')
      await sendUntilAcknowledged(john, id, randomUUID(), heard)
      await expectExactlyOnce()
    })

    test('E1: the connection cut at any byte of the answers, that of the COMMIT too: one message for one key', async () => {
      await begin()
      // The answers to a batch of one have fewer bytes than this.
      for (let bytes = 0; bytes < 1_200; bytes += 37) {
        const cut = Promise.withResolvers<void>()
        proxy.suffer({ cutAfterBytes: bytes })
        for (const link of proxy.links) void link.closed.then(() => cut.resolve())
        const sent = sendUntilAcknowledged(john, id, randomUUID(), heard)
        await Promise.race([cut.promise, sent])
        proxy.suffer({})
        await sent
      }
      expect(heard.refusals).toBe(0)
      await expectExactlyOnce()
    })

    test('D3: a network that is gone without a word: 503 after a while, and then it goes on', async () => {
      await begin()
      proxy.suffer({ silent: true })
      const key = randomUUID()
      const path = `/api/conversations/${id}`
      const answers = await Promise.all([
        john.post(`${path}/messages`, { content: `john: ${key}`, clientId: key }),
        jane.get(path)
      ])
      expect(answers.map(({ status, body }) => `${status} ${(body as ProblemDocument).code}`)).toEqual([
        '503 storage_unavailable',
        '503 storage_unavailable'
      ])
      proxy.suffer({})
      await sendUntilAcknowledged(john, id, key, heard)
      await expectExactlyOnce()
    })
  }
)
