import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InputOf, ProcedureName, ReadName, WriteName } from '../../../server/storage/procedures/index.ts'
import { reads } from '../../../server/storage/procedures/index.ts'
import { addPerson, sendOf, startPair } from '../../contracts/storage/engines.ts'
import { openRecordingStore, type RecordingStore } from '../../harness/recording-store.ts'

let store: RecordingStore
let inputs: { [Name in ProcedureName]: InputOf<Name>[] }
beforeAll(async () => {
  store = await openRecordingStore()
  const { john, jane, conversationId } = await startPair(store)
  const send = sendOf(john.userId, conversationId, 'hello')
  const sent = await store.send(send)
  const messageId = 'message' in sent ? Number(sent.message.id) : 0
  const now = Date.now()
  const session = { tokenHash: 'hash', expiresAt: now + 60_000, now }
  await store.write('addSession', { userId: john.userId, ...session })
  const { id: sessionId } = (await store.read('findSession', session))!
  const someone = await addPerson(store)
  const page = { viewerId: john.userId, limit: 25 }
  // Whatever there is to be asked in another way has an input of its own.
  inputs = {
    findSend: [send],
    findSession: [session],
    findUser: [{ key: john.username }],
    getConversation: [{ viewerId: john.userId, id: conversationId }],
    listConversations: [
      { ...page, before: null },
      { ...page, before: conversationId },
      { ...page, before: 0 }
    ],
    listFindings: [{}],
    listMessages: [
      { ...page, conversationId, before: null },
      { ...page, conversationId, before: messageId },
      { ...page, conversationId: 0, before: 0 }
    ],
    listSessionEnds: [{ sessionIds: [sessionId, 0] }],
    readEvents: [{ userId: john.userId, after: 0, limit: 200 }],
    readHeads: [{ userIds: [john.userId, jane.userId] }],
    readLogBounds: [{ userId: john.userId }],
    searchUsernames: [{ viewerId: john.userId, prefix: 'ja', limit: 5 }],
    addSession: [{ userId: john.userId, ...session, tokenHash: 'another' }],
    addUser: [{ username: 'new', key: 'new', avatarURL: null, githubId: 'new', now }],
    confirmSession: [{ sessionId, replacesId: 0 }],
    deleteExpiredSessions: [{ now: 0 }],
    endSession: [{ sessionId: 0 }],
    markRead: [
      { viewerId: jane.userId, conversationId, upTo: messageId, now },
      { viewerId: jane.userId, conversationId, upTo: null, now }
    ],
    openSettings: [{}],
    pruneEvents: [{ before: now + 60_000, keep: 1, limit: 10 }],
    replaceSession: [{ sessionId, tokenHash: 'newer', expiresAt: now, graceUntil: now, now }],
    startDirectConversation: [
      { me: john, other: jane, now },
      { me: john, other: someone, now }
    ],
    updateGithubUser: [{ githubId: 'new', avatarURL: null }]
  }
  store.takeStatements()
})
afterAll(() => store.close())

/** Steps of a plan that would be refused elsewhere. */
const allowed: Partial<Record<ProcedureName, RegExp>> = {
  // In the plan, and jumped over: a foreign key's check that only runs while another one is broken (FkIfZero).
  addUser: /^SCAN messages$/,
  // Of one person's own conversations.
  listConversations: /^USE TEMP B-TREE FOR ORDER BY$/,
  // The doctor reads everything.
  listFindings: /^/,
  openSettings: /^SCAN settings$/,
  // Once an hour, over one row a user.
  pruneEvents: /^SCAN inbox_heads$/
}

/** The steps of a statement's plan that take longer as tables grow: whole tables or indexes read, and sorts. */
function growingSteps(sql: string, except = /$^/): string[] {
  const tables = store.database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  const names = new Set(tables.map(({ name }) => String(name)))
  // A plan calls a table by its alias.
  for (const [, table, alias] of sql.matchAll(/"(\w+)" as "(\w+)"/g)) {
    if (names.has(table!)) names.add(alias!)
  }
  return store.database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail))
    .filter((step) => step.startsWith('USE TEMP B-TREE') || names.has(/^SCAN (\w+)/.exec(step)?.[1] ?? ''))
    .filter((step) => !except.test(step))
}

async function statementsOf(name: ProcedureName): Promise<string[]> {
  store.takeStatements()
  for (const input of inputs[name]) {
    if (name in reads) await store.read(name as ReadName, input as never)
    else await store.write(name as WriteName, input as never)
  }
  return store.takeStatements()
}

test('no statement of a procedure takes longer as tables grow', async () => {
  for (const name of Object.keys(inputs) as ProcedureName[]) {
    const statements = await statementsOf(name)
    expect(statements, name).not.toEqual([])
    for (const sql of statements) expect(growingSteps(sql, allowed[name]), `${name}: ${sql}`).toEqual([])
  }
})

test('no statement of a send takes longer as tables grow', async () => {
  const { john, conversationId } = await startPair(store)
  store.takeStatements()
  await store.send(sendOf(john.userId, conversationId, 'hello'))
  const statements = store.takeStatements()
  expect(statements).toHaveLength(12)
  expect(statements.flatMap((sql) => growingSteps(sql))).toEqual([])
})

test.each([
  ['SELECT * FROM messages WHERE content = 1', ['SCAN messages']],
  ['SELECT * FROM messages ORDER BY id DESC LIMIT 1', ['SCAN messages']],
  ['select * from "messages" as "newest" where "newest"."content" = 1', ['SCAN newest']],
  ['SELECT * FROM messages WHERE conversation_id = 1 ORDER BY id LIMIT 1', ['USE TEMP B-TREE FOR ORDER BY']],
  ['SELECT * FROM messages WHERE id = 1', []]
])('%s has the steps %j', (sql, steps) => expect(growingSteps(sql)).toEqual(steps))

test('a page of conversations is one statement, the first and the next', async () => {
  const { john, conversationId } = await startPair(store)
  const { john: other } = await startPair(store)
  const { id: later } = await store.write('startDirectConversation', { me: john, other, now: 0 })
  for (const id of [conversationId, later]) await store.send(sendOf(john.userId, id, 'hello'))
  const page = async (before: number | null) => {
    store.takeStatements()
    const found = await store.read('listConversations', { viewerId: john.userId, before, limit: 25 })
    return [found?.map(({ id }) => Number(id)), store.takeStatements().length]
  }
  expect(await page(null)).toEqual([[later, conversationId], 1])
  expect(await page(later)).toEqual([[conversationId], 1])
})

test('a page of messages is one statement, the first and the next', async () => {
  const { john, conversationId } = await startPair(store)
  await store.send(sendOf(john.userId, conversationId, 'one'))
  const second = await store.send(sendOf(john.userId, conversationId, 'two'))
  const page = async (before: number | null) => {
    store.takeStatements()
    const input = { viewerId: john.userId, conversationId, before, limit: 25 }
    const found = await store.read('listMessages', input)
    return [
      'messages' in found && found.messages.map(({ content }) => content),
      store.takeStatements().length
    ]
  }
  expect(await page(null)).toEqual([['two', 'one'], 1])
  expect(await page('message' in second ? Number(second.message.id) : 0)).toEqual([['one'], 1])
})
