import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { ProblemDocument } from '@parley/contract/problems'
import { openPostgresStore } from '../../server/postgres-store.ts'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { administer, createDatabase, hasPostgres, startPostgres, type Postgres } from '../harness/postgres.ts'
import { openStream, type EventStream } from '../harness/stream.ts'
import { openTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts'

/** Sends message after message, each with its key until acknowledged. */
type Writer = { stop(): Promise<void> }

/** Responses to all writers so far. */
type Responses = { refusals: number; acknowledged: Map<string, Message> }

function startWriter(api: Api, conversationId: string, responses: Responses): Writer {
  const stop = new AbortController()
  async function write(): Promise<void> {
    while (!stop.signal.aborted) await sendUntilAcknowledged(api, conversationId, randomUUID(), responses)
  }
  const written = write()
  return {
    stop() {
      stop.abort()
      return written
    }
  }
}

/**
 * Sends with one key until there is a 201. Any other response than that and a 503 `storage_unavailable` fails
 * the test.
 */
async function sendUntilAcknowledged(
  api: Api,
  conversationId: string,
  key: string,
  responses: Responses
): Promise<Message> {
  for (;;) {
    const { status, headers, body } = await api.post<Message | ProblemDocument>(
      `/api/conversations/${conversationId}/messages`,
      { content: `${api.user.username}: ${key}`, clientId: key }
    )
    if (status === 201) {
      responses.acknowledged.set(key, body as Message)
      return body as Message
    }
    const refusal = [status, (body as ProblemDocument).code, headers.get('retry-after')]
    if (String(refusal) !== '503,storage_unavailable,1') throw new Error(`answered ${String(refusal)}`)
    responses.refusals++
  }
}

/** Reads a user's log from a cursor on, reconnecting as needed. `stop` resolves with all events. */
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
      // Reconnects a reader that already has everything, so that it notices the stop.
      if (at() === cursor) stream?.cut()
      return done
    }
  }
}

describe.skipIf(!hasPostgres)(
  `A failing Postgres${hasPostgres ? '' : ' (Postgres is not installed)'}`,
  () => {
    let postgres: Postgres
    let url: string
    let proxy: TcpProxy
    let server: Parley
    let john: Api
    let jane: Api
    let responses: Responses
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
    /** The test's conversation and its members' cursors at the start. */
    let id: string
    let count: number
    async function begin(): Promise<void> {
      responses = { refusals: 0, acknowledged: new Map() }
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

    /**
     * Checks that exactly the acknowledged messages exist, each once, and that the database is consistent.
     */
    async function expectExactlyOnce(): Promise<void> {
      const messages = await history()
      expect(messages.map((message) => message.position)).toEqual(messages.map((_, i) => i + 1))
      const sent = messages.slice(count)
      expect(
        new Map(sent.map((message) => [message.clientId ?? message.content.split(': ')[1], message.id]))
      ).toEqual(new Map([...responses.acknowledged].map(([key, message]) => [key, message.id])))
      expect(sent).toHaveLength(responses.acknowledged.size)
      const store = await openPostgresStore(url)
      expect(await store.read('listFindings', {})).toEqual([])
      await store.close()
    }

    test('D1, D3, E1: Postgres restarted and killed under load keeps every acknowledged message once, and every stream delivers it', async () => {
      // Slow commits, so that a kill hits one.
      const slow = { commit_delay: '50000', commit_siblings: '0' }
      await postgres.restart(slow)
      await begin()
      const readers = await Promise.all(
        [john, jane].map(async (api) => startReader(api, await cursorOf(api)))
      )
      const writers = Array.from({ length: 16 }, (_, i) => startWriter(i % 2 ? john : jane, id, responses))
      const more = async () => {
        const { size } = responses.acknowledged
        while (responses.acknowledged.size < size + 64) await new Promise(setImmediate)
      }
      for (const signal of ['SIGINT', 'SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
        await more()
        await postgres.kill(signal)
        await postgres.restart(slow)
      }
      await more()
      // Down for longer than any request waits.
      await postgres.kill('SIGKILL')
      while (responses.refusals < 16) await new Promise(setImmediate)
      const refused = await john.get<ProblemDocument>(`/api/conversations/${id}`)
      expect([refused.status, refused.body.code]).toEqual([503, 'storage_unavailable'])
      await postgres.restart()
      await more()
      await Promise.all(writers.map((writer) => writer.stop()))
      await expectExactlyOnce()
      for (const [i, api] of [john, jane].entries()) {
        const events = (await readers[i]!.stop(await cursorOf(api))) as { data: Message }[]
        expect(new Set(events.map(({ data }) => data.id))).toEqual(
          new Set([...responses.acknowledged.values()].map((message) => message.id))
        )
        expect(events).toHaveLength(responses.acknowledged.size)
      }
      expect(server.output()).toMatch(/Postgres does not answer .*\n[^]*Postgres answers again/)
    })

    test('D3: with every connection waiting for a lock, reads and writes get 503 after a timeout, then recover', async () => {
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
      await Promise.all(keys.map((key) => sendUntilAcknowledged(john, id, key, responses)))
      await expectExactlyOnce()
    })

    test('E1, O2: a batch that Postgres failed to break a deadlock is retried once', async () => {
      await begin()
      const rival = new Client({ connectionString: urlOfSuperuser() })
      await rival.connect()
      // So that the rival does not detect the deadlock first and fail instead.
      await rival.query("SET deadlock_timeout = '60s'")
      await rival.query(`BEGIN; SELECT FROM inbox_heads WHERE user_id = ${jane.user.id} FOR UPDATE`)
      const sent = sendUntilAcknowledged(john, id, randomUUID(), responses)
      const waiting = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
      while ((await administer<{ count: number }>(postgres.adminUrl, waiting))[0]!.count === 0);
      await rival.query(`SELECT FROM conversations WHERE id = ${id} FOR UPDATE`)
      await rival.query('ROLLBACK')
      await rival.end()
      await sent
      expect(postgres.output()).toContain('deadlock detected')
      await expectExactlyOnce()
    })

    test('E1, O2: serialization failures are retried for a limited time', async () => {
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
      for (let i = 0; i < 10; i++) await sendUntilAcknowledged(john, id, randomUUID(), responses)
      expect((await jane.post(`/api/conversations/${id}/read_messages`)).status).toBe(204)
      expect(responses.refusals).toBe(0)

      await administer(
        url,
        "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never' USING ERRCODE = '40001'; END $$"
      )
      const path = `/api/conversations/${id}/messages`
      const { status, body } = await john.post<ProblemDocument>(path, { content: 'refused' })
      expect([status, body.code]).toEqual([503, 'storage_unavailable'])
      await administer(url, 'DROP TRIGGER fail ON inbox_events; DROP FUNCTION fail; DROP SEQUENCE failures')
      await sendUntilAcknowledged(john, id, randomUUID(), responses)
      await expectExactlyOnce()
    })

    test("E1: a connection cut at any byte of the answers, including the COMMIT's, stores one message per key", async () => {
      await begin()
      // The answers to a batch of one are shorter than this.
      for (let bytes = 0; bytes < 1_200; bytes += 37) {
        const cut = Promise.withResolvers<void>()
        proxy.suffer({ cutAfterBytes: bytes })
        for (const link of proxy.links) void link.closed.then(() => cut.resolve())
        const sent = sendUntilAcknowledged(john, id, randomUUID(), responses)
        await Promise.race([cut.promise, sent])
        proxy.suffer({})
        await sent
      }
      expect(responses.refusals).toBe(0)
      await expectExactlyOnce()
    })

    test('D3: a network that fails silently gets 503 after a timeout, then recovers', async () => {
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
      await sendUntilAcknowledged(john, id, key, responses)
      await expectExactlyOnce()
    })
  }
)
