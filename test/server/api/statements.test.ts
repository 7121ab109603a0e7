import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import type { Login } from '@parley/contract/sign-in'
import type { routes } from '@parley/contract/routes'
import { readConfig } from '../../../server/config.ts'
import { addUsers } from '../../../server/people/people.ts'
import { Presence } from '../../../server/presence/presence.ts'
import { Sessions } from '../../../server/sessions/sessions.ts'
import { createTyping } from '../../../server/presence/typing.ts'
import type { Server } from '../../../server/platform/http/fastify-server.ts'
import { createApi } from '../../../server/routes.ts'
import { Hub } from '../../../server/platform/realtime/hub.ts'
import { MemoryExchange } from '../../../server/platform/realtime/memory-bus.ts'
import { addColumns } from '../../harness/added-columns.ts'
import {
  openRecordingPostgres,
  openRecordingSqlite,
  type RecordingStore,
  type Statement
} from '../../harness/recording-store.ts'
import { noPostgres } from '../../harness/shared-postgres.ts'
import { openStream } from '../../harness/stream.ts'

let store: RecordingStore
let hub: Hub
let server: Server
let john: string
let jane: string
let conversation: string
let messages: Message[]
let group: string
let people: { john: string; jane: string }

/** Returns a session that is not cached, which costs one more statement. */
async function signInUnseen(username: string): Promise<string> {
  const answer = await server.inject({ method: 'POST', url: '/api/login', authority, payload: { username } })
  store.takeStatements()
  return answer.json<Login>().token!
}
async function signIn(username: string): Promise<string> {
  const token = await signInUnseen(username)
  await get(token, '/api/auth_user')
  return token
}
async function idOf(token: string): Promise<string> {
  return (await get(token, '/api/auth_user')).json<User>().id
}
function get(token: string, url: string) {
  return server.inject({ url, headers: { authorization: `Bearer ${token}` } })
}
function post(token: string, url: string, payload?: object) {
  const headers = { authorization: `Bearer ${token}` }
  return server.inject({ method: 'POST', url, headers, ...(payload && { payload }) })
}

function patch(token: string, url: string, payload: object) {
  return server.inject({ method: 'PATCH', url, headers: { authorization: `Bearer ${token}` }, payload })
}
function put(token: string, url: string, payload?: object) {
  const headers = { authorization: `Bearer ${token}` }
  return server.inject({ method: 'PUT', url, headers, ...(payload && { payload }) })
}
function remove(token: string, url: string) {
  return server.inject({ method: 'DELETE', url, headers: { authorization: `Bearer ${token}` } })
}

/** The development login accepts requests for ORIGIN only. */
const authority = 'localhost:3000'

type Call = () => Promise<{ statusCode: number }>

const clientId = '7d1f1f6e-63c1-4f7b-9a53-0d5f7a1b2c3d'
/** Statements of a single send; on Postgres, a whole batch takes as many. */
const sendStatements = { SQLite: 15, Postgres: 4 }

/**
 * Statements per route, without those of the transaction. Reads of state include the head of the log, from
 * which a stream resumes. An increase needs a reason.
 */
const counts: Record<
  Exclude<keyof typeof routes, 'events'>,
  [count: number | typeof sendStatements, call: Call][]
> = {
  loginMethods: [[0, () => get(john, '/api/login_methods')]],
  login: [
    // The user; whether the account is disabled, the session, and the number of sessions.
    [4, () => server.inject({ method: 'POST', url: '/api/login', authority, payload: { username: 'anna' } })],
    [
      1,
      () => server.inject({ method: 'POST', url: '/api/login', authority, payload: { username: 'unknown' } })
    ]
  ],
  // Without GitHub configured; its cost is in `findOrCreateGithubUser`.
  oauthGithub: [[0, () => get(john, '/api/oauth/github')]],
  oauthGithubCallback: [[0, () => get(john, '/api/oauth/github/callback')]],
  authUser: [[0, () => get(john, '/api/auth_user')]],
  refreshToken: [[4, async () => post(await signInUnseen('anna'), '/api/refresh_token')]],
  usernames: [[1, () => get(john, '/api/usernames?search=j')]],
  startConversation: [
    // The username, the conversation, both participants, an event for each, and the conversation for the
    // response.
    [10, () => post(john, '/api/conversations', { username: 'anna' })],
    [4, () => post(john, '/api/conversations', { username: 'anna' })],
    // The user's number of groups, with a lock on their account.
    [19, () => post(john, '/api/conversations', { title: 'Three', usernames: ['jane', 'anna'] })]
  ],
  conversations: [
    // One more if the page has groups: their member counts.
    [3, () => get(john, '/api/conversations')],
    // The last page is empty, so check whether the conversation exists.
    [3, () => get(john, `/api/conversations?before=${conversation}`)]
  ],
  conversation: [[2, () => get(john, `/api/conversations/${conversation}`)]],
  renameConversation: [[11, () => patch(john, `/api/conversations/${group}`, { title: 'Mates' })]],
  participants: [
    [4, () => get(john, `/api/conversations/${group}/participants`)],
    [5, () => get(john, `/api/conversations/${group}/participants?after=${people.jane}`)]
  ],
  addParticipant: [
    // The requester and the target; the participant, the system message, and an event for the new member and
    // for the others.
    [20, () => post(john, `/api/conversations/${group}/participants`, { username: 'anna' })],
    [6, () => post(john, `/api/conversations/${group}/participants`, { username: 'anna' })]
  ],
  changeRole: [
    [12, () => patch(john, `/api/conversations/${group}/participants/${people.jane}`, { role: 'admin' })]
  ],
  removeParticipant: [
    [15, () => remove(john, `/api/conversations/${group}/participants/${people.jane}`)],
    // Ownership passes to anna, with its own system message.
    [24, () => remove(john, `/api/conversations/${group}/participants/${people.john}`)]
  ],
  otherParticipant: [[2, () => get(john, `/api/conversations/${conversation}/other_participant`)]],
  sendMessage: [
    [
      sendStatements,
      () => post(john, `/api/conversations/${conversation}/messages`, { content: 'four', clientId })
    ],
    // A retry is found by its key.
    [
      { SQLite: 4, Postgres: 2 },
      () => post(john, `/api/conversations/${conversation}/messages`, { content: 'four', clientId })
    ],
    [0, () => post(john, `/api/conversations/${conversation}/messages`, { content: '' })],
    // The quoted message and the requester; the mentioned users, and a mention.
    [
      { SQLite: sendStatements.SQLite + 3, Postgres: sendStatements.Postgres + 3 },
      () =>
        post(john, `/api/conversations/${conversation}/messages`, {
          content: 'five',
          replyTo: messages[0]!.id
        })
    ],
    [
      { SQLite: sendStatements.SQLite + 2, Postgres: sendStatements.Postgres + 2 },
      () => post(john, `/api/conversations/${conversation}/messages`, { content: '@jane' })
    ]
  ],
  messages: [
    // The page, and the read mark: the conversation, the position, the mark, an event for each of two.
    [8, () => get(jane, `/api/conversations/${conversation}/messages`)],
    [2, () => get(jane, `/api/conversations/${conversation}/messages`)],
    [2, () => get(jane, `/api/conversations/${conversation}/messages?before=${messages[2]!.id}`)],
    [4, () => get(jane, `/api/conversations/${conversation}/messages?before=${messages[0]!.id}`)]
  ],
  editMessage: [
    [
      7,
      () => patch(john, `/api/conversations/${conversation}/messages/${messages[0]!.id}`, { content: 'x' })
    ],
    // The text is unchanged.
    [3, () => patch(john, `/api/conversations/${conversation}/messages/${messages[0]!.id}`, { content: 'x' })]
  ],
  deleteMessage: [
    [7, () => remove(john, `/api/conversations/${conversation}/messages/${messages[1]!.id}`)],
    [3, () => remove(john, `/api/conversations/${conversation}/messages/${messages[1]!.id}`)]
  ],
  messageVersions: [
    [3, () => get(john, `/api/conversations/${conversation}/messages/${messages[0]!.id}/versions`)]
  ],
  addReaction: [
    [
      6,
      () => put(john, `/api/conversations/${conversation}/messages/${messages[0]!.id}/reactions/%F0%9F%91%8D`)
    ],
    [
      3,
      () => put(john, `/api/conversations/${conversation}/messages/${messages[0]!.id}/reactions/%F0%9F%91%8D`)
    ]
  ],
  removeReaction: [
    [
      6,
      () =>
        remove(john, `/api/conversations/${conversation}/messages/${messages[0]!.id}/reactions/%F0%9F%91%8D`)
    ],
    [
      3,
      () =>
        remove(john, `/api/conversations/${conversation}/messages/${messages[0]!.id}/reactions/%F0%9F%91%8D`)
    ]
  ],
  readMessages: [
    [2, () => post(jane, `/api/conversations/${conversation}/read_messages`)],
    [2, () => post(jane, `/api/conversations/${conversation}/read_messages`, { upTo: messages[0]!.id })]
  ],
  typing: [
    [1, () => post(john, `/api/conversations/${conversation}/typing`)],
    // Throttled: only the requester is looked up.
    [1, () => post(john, `/api/conversations/${conversation}/typing`)]
  ],
  presence: [[1, () => get(john, '/api/presence')]],
  putPersonalState: [
    // The totals, which are locked, the value, both after the change, and an event.
    [6, () => put(john, '/api/personal_state/draft/7', { version: 0, value: { text: 'hello' } })],
    // A retry.
    [2, () => put(john, '/api/personal_state/draft/7', { version: 0, value: { text: 'hello' } })],
    [2, () => put(john, '/api/personal_state/draft/7', { version: 0, value: { text: 'hello again' } })],
    [0, () => put(john, '/api/personal_state/draft/7', { version: 0, value: { text: 1 } })]
  ],
  personalState: [
    // The sizes of the values, and the values that fit into a page.
    [3, () => get(john, '/api/personal_state')],
    [2, () => get(john, '/api/personal_state?after=unread/1')]
  ],
  logout: [[4, async () => post(await signInUnseen('anna'), '/api/logout')]]
}

for (const { engine, missing, open } of [
  { engine: 'SQLite', missing: undefined, open: openRecordingSqlite },
  { engine: 'Postgres', missing: noPostgres, open: openRecordingPostgres }
] as const) {
  describe.skipIf(missing)(`on ${engine}${missing ? ` (${missing})` : ''}`, () => {
    /** Collects every statement of a route. */
    const ran: Statement[] = []
    beforeAll(async () => {
      store = await open()
      const config = readConfig({})
      const logger = pino({ level: 'silent' })
      hub = new Hub(store.events, new MemoryExchange().connect(), config)
      server = await createApi({
        config,
        store,
        sessions: new Sessions(store),
        hub,
        sendTyping: createTyping(store, (...signals) => hub.signal(...signals)),
        presence: new Presence(store, { tell() {}, publish() {}, isHeard: () => true, onFailure() {} }),
        logger,
        ready: () => true,
        busState: () => 'ok'
      })
      await addUsers(store, ['john', 'jane', 'anna'])
      john = await signIn('john')
      jane = await signIn('jane')
      conversation = (await post(john, '/api/conversations', { username: 'jane' })).json<Conversation>().id
      people = { john: await idOf(john), jane: await idOf(jane) }
      const start = { title: 'Friends', usernames: ['jane'] }
      group = (await post(john, '/api/conversations', start)).json<Conversation>().id
      messages = []
      for (const content of ['one', 'two', 'three']) {
        const sent = await post(john, `/api/conversations/${conversation}/messages`, { content })
        messages.push(sent.json<Message>())
      }
    })
    afterAll(async () => {
      hub.close()
      await server.close()
      await store.close()
    })

    test.each(Object.entries(counts))('%s runs exactly its number of statements', async (_route, calls) => {
      for (const [count, call] of calls) {
        store.takeStatements()
        const { statusCode } = await call()
        const statements = store.takeStatements()
        ran.push(...statements)
        expect(statusCode).toBeLessThan(500)
        const texts = statements.map(({ text }) => text).join('\n')
        expect(statements.length, texts).toBe(typeof count === 'number' ? count : count[engine])
      }
    })

    test("opening a stream reads the log's bounds, and live events cost no statement", async () => {
      const address = await server.listen({ port: 0, host: '127.0.0.1' })
      store.takeStatements()
      const stream = await openStream(address, jane)
      expect((await stream.next()).name).toBe('sync')
      expect(store.takeStatements()).toHaveLength(1)
      await post(john, `/api/conversations/${conversation}/messages`, { content: 'hello' })
      expect((await stream.next()).data).toMatchObject({ content: 'hello' })
      expect(store.takeStatements()).toHaveLength(sendStatements[engine])

      const resumed = await openStream(address, jane, { lastEventId: `${store.epoch}-0` })
      let event = await resumed.next()
      while (event.name !== 'sync') event = await resumed.next()
      // The bounds, and one page of missed events.
      expect(store.takeStatements()).toHaveLength(2)
      stream.cut()
      resumed.cut()
    })

    // Last, because it changes every table.
    test('U2: every route keeps working when each table gets columns while the server runs', async () => {
      const start = { title: 'Friends', usernames: ['jane'] }
      group = (await post(john, '/api/conversations', start)).json<Conversation>().id
      messages = []
      for (const content of ['one', 'two', 'three']) {
        const sent = await post(john, `/api/conversations/${conversation}/messages`, { content })
        messages.push(sent.json<Message>())
      }
      expect(await addColumns((text) => store.query(text), engine, ran)).toBeGreaterThan(500)
      for (const [route, calls] of Object.entries(counts)) {
        for (const [count, call] of calls) {
          store.takeStatements()
          const { statusCode } = await call()
          expect.soft(statusCode, route).toBeLessThan(500)
          if (count !== 0) expect.soft(store.takeStatements(), route).not.toEqual([])
        }
      }
      const address = await server.listen({ port: 0, host: '127.0.0.1' }).catch(() => server.listeningOrigin)
      const resumed = await openStream(address, jane, { lastEventId: `${store.epoch}-0` })
      await resumed.until(({ name }) => name === 'sync')
      resumed.cut()
    })
  })
}
