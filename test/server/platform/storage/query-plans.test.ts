import { escapeLiteral } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reads, singleReads, touches, type writes } from '../../../../server/procedures.ts'
import type { Store } from '../../../../server/store.ts'
import { addPerson, sendOf, sessionOf, startPair } from '../../../fixtures/people.ts'
import { addColumns } from '../../../harness/added-columns.ts'
import {
  openRecordingPostgres,
  openRecordingSqlite,
  type RecordingStore,
  type Statement
} from '../../../harness/recording-store.ts'
import { noPostgres } from '../../../harness/shared-postgres.ts'
import { messageIn } from '../../../fixtures/decoded.ts'
import { accepted } from '../../../../server/platform/storage/refusals.ts'

type ReadName = keyof typeof reads
type WriteName = keyof typeof writes
type ProcedureName = ReadName | WriteName
type Procedures = typeof reads & typeof writes
type Inputs = { [Name in ProcedureName]: Parameters<Procedures[Name]>[1][] }

let made = 0

/** Returns inputs for every procedure, one for each statement variant. */
async function inputsFor(store: Store): Promise<Inputs> {
  const { john, jane, conversationId } = await startPair(store)
  const send = sendOf(john.userId, conversationId, 'hello')
  const sent = await store.send(send)
  const messageId = Number(messageIn(sent).id)
  const now = Date.now()
  const unique = ++made
  const session = sessionOf(john.userId, `hash-${unique}`)
  await store.write('addSession', session)
  const { id: sessionId } = (await store.read('findSession', session))!
  const someone = await addPerson(store)
  const page = { viewerId: john.userId, limit: 25 }
  const group = { me: john, title: 'Friends', history: 'all' as const, now }
  const { id: groupId } = accepted(await store.write('startGroup', { ...group, userIds: [jane.userId] }))
  const inside = await store.send(sendOf(john.userId, groupId, 'hello'))
  const groupMessageId = Number(messageIn(inside).id)
  const inGroup = { viewerId: john.userId, conversationId: groupId, now }
  const job = { queue: `queue-${unique}`, key: 'one', payload: null }
  const runner = { runner: `runner-${unique}`, epoch: store.epoch, alone: true }
  const nothing = { done: [], failed: [], released: [], running: [], wanted: [], recurring: [] }
  const wanted = { queue: job.queue, limit: 10, leaseMs: 60_000, maxAttempts: 2, repeatMs: null }
  const lease = { id: 1, generation: 9 }
  const failed = { ...lease, queue: job.queue, error: 'no', delayMs: 1, repeatMs: null, isLast: false }
  return {
    countDeadJobs: [{}],
    countJobs: [{ queues: [job.queue], epoch: store.epoch, max: 10_000 }],
    listDeadJobs: [null, { id: 1, deadAt: now }].map((after) => ({ queue: job.queue, after, limit: 25 })),
    enqueueJobs: [{ jobs: [job, { ...job, key: 'two' }] }],
    adoptJobs: [{ queue: job.queue, epoch: 'another', limit: 1 }],
    renewJob: [{ id: 1, runner: runner.runner, leaseMs: 1 }],
    turnJobs: [
      { ...runner, ...nothing, running: [1, 2, 3], wanted: [wanted] },
      { ...runner, ...nothing, recurring: [{ queue: `every-${unique}`, everyMs: 1 }] },
      {
        ...runner,
        ...nothing,
        recurring: [{ queue: `every-${unique}`, everyMs: 1 }],
        wanted: [{ ...wanted, queue: `every-${unique}`, maxAttempts: 0, repeatMs: 1 }]
      },
      {
        ...runner,
        ...nothing,
        done: [
          { ...lease, repeatMs: null },
          { ...lease, id: 2, repeatMs: 1 }
        ]
      },
      { ...runner, ...nothing, failed: [failed, { ...failed, isLast: true }], released: [lease] }
    ],
    findExtras: [
      { ...inGroup, replyTo: groupMessageId, forwardOf: null, keys: [] },
      { ...inGroup, replyTo: null, forwardOf: messageId, keys: [jane.username, 'unknown'] }
    ],
    findReused: [{ tokenHash: `hash-${unique}`, familyId: `of hash-${unique}`, now }],
    findSend: [send],
    findSession: [session],
    findUser: [{ key: john.username }],
    findUserIds: [{ keys: [john.username, jane.username] }],
    getConversation: [{ viewerId: john.userId, id: conversationId }],
    listConversations: [
      { ...page, before: null },
      { ...page, before: conversationId },
      { ...page, before: 0 },
      { ...page, viewerId: jane.userId, before: null }
    ],
    listAccounts: [{ after: '', limit: 100 }],
    listAudience: [{ viewerId: john.userId, conversationId: groupId, limit: 101 }],
    listContacts: [{ userIds: [john.userId, jane.userId] }],
    listFindings: [{}],
    listLastSeen: [{ viewerId: john.userId }],
    listMessages: [
      { ...page, conversationId, before: null },
      { ...page, conversationId, before: messageId },
      { ...page, conversationId: 0, before: 0 }
    ],
    listSessionsOf: [{ userId: john.userId, now }],
    listSessionEnds: [{ sessionIds: [sessionId, 0] }],
    listParticipants: [
      { ...page, conversationId: groupId, after: null },
      { ...page, conversationId: groupId, after: john.userId }
    ],
    listPersonalState: [
      { ...page, kind: null, after: null, maxBytes: 1_000_000 },
      { ...page, kind: 'draft', after: { kind: 'draft', key: '1' }, maxBytes: 1_000_000 }
    ],
    listVersions: [{ ...inGroup, messageId: groupMessageId, limit: 100 }],
    readEvents: [1, 2, 64].map((count) => ({
      places: Array.from({ length: count }, (_, index) => ({
        userId: index ? john.userId : jane.userId,
        after: index
      })),
      limit: 200
    })),
    readLogBounds: [{ userIds: [john.userId] }, { userIds: [john.userId, jane.userId, 0] }],
    searchUsernames: [{ viewerId: john.userId, prefix: 'ja', limit: 5 }],
    addReaction: [{ ...inGroup, messageId: groupMessageId, emoji: '👍' }],
    addSession: [sessionOf(john.userId, `another-${unique}`)],
    addParticipant: [{ ...inGroup, key: someone.username, role: 'member' }],
    addUser: [{ username: 'new', key: 'new', avatarURL: null, githubId: 'new', now }],
    changeRole: [{ ...inGroup, userId: jane.userId, role: 'admin' }],
    confirmSession: [{ sessionId, replacesId: 0, now }],
    deleteExpiredSessions: [{ now: 0 }],
    deleteMessage: [{ ...inGroup, messageId: groupMessageId }],
    editMessage: [
      { ...inGroup, messageId: groupMessageId, content: 'edited', mentions: [jane.id], version: 1 },
      { ...inGroup, messageId: groupMessageId, content: 'again', mentions: [], version: 2 }
    ],
    deleteUsedSignIns: [{ now }],
    endFamily: [{ sessionId: 0, familyId: `of hash-${unique}` }],
    endReusedFamily: [{ tokenHash: `hash-${unique}`, familyId: `of newer-${unique}`, now }],
    markRead: [
      { viewerId: jane.userId, conversationId, upTo: messageId, now },
      { viewerId: jane.userId, conversationId, upTo: null, now }
    ],
    openSettings: [{}],
    pruneEvents: [{ before: now + 60_000, keep: 1, limit: 10 }],
    putPersonalState: ['{}', '{"text":"hello"}', null].map((value, version) => ({
      viewerId: john.userId,
      kind: 'draft',
      key: '7',
      version,
      value,
      now
    })),
    removeParticipant: [
      { ...inGroup, userId: jane.userId },
      { ...inGroup, userId: john.userId }
    ],
    removeReaction: [{ ...inGroup, messageId: groupMessageId, emoji: '👍' }],
    renameConversation: [{ ...inGroup, title: 'Mates' }],
    replaceSession: [1, 2].map(() => ({
      sessionId,
      familyId: `of hash-${unique}`,
      salt: 'salt',
      tokenHash: `newer-${unique}`,
      expiresAt: now,
      now
    })),
    setDisabled: [true, false].map((disabled) => ({ key: jane.username, disabled, now })),
    setServerRole: [{ key: jane.username, role: 'moderator' }],
    setLastSeen: [{ userIds: [john.userId, jane.userId], at: now }],
    startDirectConversation: [
      { me: john, other: jane, now },
      { me: john, other: someone, now }
    ],
    startGroup: [{ ...group, userIds: [jane.userId] }],
    touchSessions: [{ sessionIds: [sessionId, 0], now }],
    updateGithubUser: [{ githubId: 'new', avatarURL: null }],
    useSignIn: [{ stateHash: `hash-${unique}`, expiresAt: now }]
  }
}

/** Growing plan steps that are acceptable in these procedures. */
const allowed: Partial<Record<ProcedureName, RegExp>> = {
  // Listed by SQLite but skipped at run time: a foreign key check that only runs while another one is
  // violated (FkIfZero).
  addUser: /^SCAN messages$/,
  // Over one user's own conversations.
  listConversations: /^USE TEMP B-TREE FOR ORDER BY$/,
  // Over one user's own conversations of at most a hundred members.
  listContacts: /^USE TEMP B-TREE FOR DISTINCT$/,
  listLastSeen: /^USE TEMP B-TREE FOR DISTINCT$/,
  // Over one conversation's members, at most a thousand.
  listParticipants: /^USE TEMP B-TREE FOR ORDER BY$/,
  removeParticipant: /^USE TEMP B-TREE FOR ORDER BY$/,
  // Over one family's or user's sessions: ten, or a hundred, which are locked in order.
  addSession: /^USE TEMP B-TREE FOR ORDER BY$/,
  confirmSession: /^USE TEMP B-TREE FOR ORDER BY$/,
  endFamily: /^USE TEMP B-TREE FOR ORDER BY$/,
  endReusedFamily: /^USE TEMP B-TREE FOR ORDER BY$/,
  setDisabled: /^USE TEMP B-TREE FOR ORDER BY$/,
  // At most some thousand keys wait there; only a refused send is looked up.
  findSend: /^SCAN recent_sends$/,
  // Only dead jobs, at most a thousand per queue.
  countDeadJobs: /^(SCAN jobs USING COVERING INDEX jobs_dead|whole index of jobs_dead)$/,
  // The doctor reads everything.
  listFindings: /^/,
  openSettings: /^(SCAN|Seq Scan on) settings$/,
  // Once an hour, over one row per user. If users have few events, Postgres prefers reading all of those as
  // well.
  pruneEvents: /^((SCAN|whole index of) inbox_heads|whole index of inbox_events)$/
}

/**
 * Returns the steps of a statement's plan that take longer as tables grow: sorts, and scans of whole tables
 * or indexes.
 */
type GrowingSteps = (store: RecordingStore, statement: Statement) => Promise<string[]>

const sqliteSteps: GrowingSteps = async (store, { text }) => {
  const tables = await store.query("SELECT name FROM sqlite_master WHERE type = 'table'")
  const names = new Set(tables.map(({ name }) => String(name)))
  // A plan uses a table's alias.
  for (const [, table, alias] of text.matchAll(/"(\w+)" as "(\w+)"/g)) {
    if (names.has(table!)) names.add(alias!)
  }
  const steps = await store.query(`EXPLAIN QUERY PLAN ${text}`)
  return steps
    .map(({ detail }) => String(detail))
    .filter((step) => step.startsWith('USE TEMP B-TREE') || names.has(/^SCAN (\w+)/.exec(step)?.[1] ?? ''))
}

type Plan = {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Index Cond'?: string
  Plans?: Plan[]
}

const postgresSteps: GrowingSteps = async (store, { text, values }) => {
  // A prepared read has one plan for all values; writes are planned for theirs.
  const kept = /^\s*(SELECT|WITH)/i.test(text)
  await store.query(`SET plan_cache_mode = force_${kept ? 'generic' : 'custom'}_plan`)
  await store.query(`PREPARE planned AS ${text}`)
  const literals = values.map((value) =>
    value === null ? 'NULL' : escapeLiteral(String(value as string | number | boolean))
  )
  const execute = `EXECUTE planned${literals.length > 0 ? `(${literals.join()})` : ''}`
  const rows = await store.query(`EXPLAIN (FORMAT JSON) ${execute}`)
  await store.query('DEALLOCATE planned')
  const nodes: Plan[] = (rows[0]!['QUERY PLAN'] as { Plan: Plan }[]).map(({ Plan: root }) => root)
  for (const node of nodes) nodes.push(...(node.Plans ?? []))
  return nodes.flatMap((node) => {
    const table = node['Relation Name'] ?? node['Index Name']
    if (node['Node Type'] === 'Seq Scan') return [`Seq Scan on ${table}`]
    return /^(Index|Bitmap Index)/.test(node['Node Type']) && !node['Index Cond']
      ? [`whole index of ${table}`]
      : []
  })
}

/** Inserts enough rows for Postgres to prefer an index, and updates its statistics. */
async function fill(store: RecordingStore): Promise<void> {
  for (const statement of [
    `INSERT INTO users (username, username_key, created_at)
     SELECT 'filler-' || i, 'filler-' || i, 0 FROM generate_series(1, 10000) AS i`,
    `INSERT INTO inbox_heads SELECT id, 0, 0 FROM users ON CONFLICT DO NOTHING`,
    `INSERT INTO sessions (user_id, token_hash, created_at, expires_at)
     SELECT id, username, 0, 1e13 FROM users LIMIT 2000`,
    `INSERT INTO conversations (kind, direct_key, created_at)
     SELECT 'direct', 'filler-' || id, 0 FROM users LIMIT 2000`,
    `INSERT INTO participants (conversation_id, user_id, joined_at)
     SELECT conversations.id, users.id, 0 FROM conversations JOIN users ON users.id % 2000 = conversations.id % 2000
     ON CONFLICT DO NOTHING`,
    `INSERT INTO messages (conversation_id, position, sender_id, content, created_at)
     SELECT conversation_id, 1000 + row_number() OVER (PARTITION BY conversation_id), user_id, 'hello', 0
     FROM participants, generate_series(1, 2)`,
    `UPDATE conversations SET last_message_id =
     (SELECT max(id) FROM messages WHERE conversation_id = conversations.id)`,
    `INSERT INTO sends SELECT sender_id, 'filler-' || id, 'hash', id FROM messages`,
    `INSERT INTO inbox_events (user_id, seq, kind, message_id, created_at)
     SELECT sender_id, 1000 + row_number() OVER (PARTITION BY sender_id), 'message', id, 0 FROM messages`,
    // Waiting, held and dead jobs; most are not due.
    `INSERT INTO jobs (queue, key, payload, epoch, run_at, dead_at)
     SELECT 'filler-' || i % 3, i, 'null', 'epoch-' || i % 2, 1e13, CASE WHEN i % 10 = 0 THEN 1 END
     FROM generate_series(1, 10000) AS i`,
    'ANALYZE',
    // On tables of this size, the planner might still scan some; with this setting it scans only if it must.
    'SET enable_seqscan = off'
  ]) {
    await store.query(statement)
  }
}

const engines: {
  name: 'SQLite' | 'Postgres'
  missing: string | undefined
  open: () => Promise<RecordingStore>
  steps: GrowingSteps
  fill: (store: RecordingStore) => Promise<void>
}[] = [
  { name: 'SQLite', missing: undefined, open: openRecordingSqlite, steps: sqliteSteps, fill: async () => {} },
  { name: 'Postgres', missing: noPostgres, open: openRecordingPostgres, steps: postgresSteps, fill }
]
for (const { name: engine, missing, open, steps, fill } of engines) {
  describe.skipIf(missing)(`on ${engine}${missing ? ` (${missing})` : ''}`, () => {
    let store: RecordingStore
    let inputs: Inputs
    beforeAll(async () => {
      store = await open()
      inputs = await inputsFor(store)
      await fill(store)
    })
    afterAll(() => store.close())

    test('no statement of a procedure takes longer as tables grow', async () => {
      for (const name of Object.keys(inputs) as ProcedureName[]) {
        store.takeStatements()
        for (const input of inputs[name]) {
          if (name in reads) await store.read(name as ReadName, input as never)
          else await store.write(name as WriteName, input as never)
        }
        const statements = store.takeStatements()
        expect(statements, name).not.toEqual([])
        // A read without a transaction must be a single statement.
        if (singleReads.has(name)) expect(statements, name).toHaveLength(inputs[name].length)
        for (const statement of statements) {
          const growing = await steps(store, statement)
          const refused = growing.filter((step) => !allowed[name]?.test(step))
          expect.soft(refused, `${name}: ${statement.text}`).toEqual([])
        }
      }
    })

    test('J11: a write changes only the tables that it declares', async () => {
      const fresh = await inputsFor(store)
      // In the order of the inputs, because each one changes what the next reads.
      const names = Object.keys(fresh).filter((name) => name in touches) as (keyof typeof touches)[]
      expect(names).toHaveLength(Object.keys(touches).length)
      for (const name of names) {
        store.takeStatements()
        for (const input of fresh[name]) await store.write(name, input)
        const changed = store
          .takeStatements()
          .map(({ text }) => /^(?:insert into|update|delete from) "(\w+)"/.exec(text)?.[1])
          .filter((table) => table !== undefined)
        expect(changed, name).not.toEqual([])
        expect(touches[name], name).toEqual(expect.arrayContaining(changed))
      }
    })

    test('no statement of a send takes longer as tables grow', async () => {
      const { john, conversationId } = await startPair(store)
      store.takeStatements()
      await store.send(sendOf(john.userId, conversationId, 'hello'))
      const statements = store.takeStatements()
      expect(statements.length).toBeGreaterThan(3)
      for (const statement of statements) {
        expect.soft(await steps(store, statement), statement.text).toEqual([])
      }
    })

    test('a read of the log, for one user or many, is one statement that does not take longer as tables grow', async () => {
      const { john, jane } = await startPair(store)
      for (const count of [1, 100]) {
        const userIds = Array.from({ length: count }, (_, index) => (index % 2 ? john : jane).userId)
        for (const ask of [
          () => store.events.bounds(userIds),
          () =>
            store.events.eventsAfter(
              userIds.map((userId) => ({ userId, after: 0 })),
              10
            )
        ]) {
          store.takeStatements()
          await ask()
          const statements = store.takeStatements()
          expect(statements).toHaveLength(1)
          expect.soft(await steps(store, statements[0]!), statements[0]!.text).toEqual([])
        }
      }
    })

    test('personal state in a read of the log is one more statement, which does not take longer as tables grow', async () => {
      const { john, jane } = await startPair(store)
      for (const { userId } of [john, jane]) {
        for (const key of ['7', '8']) {
          const value = { kind: 'draft' as const, key, version: 0, value: '{"text":"hello"}' }
          await store.write('putPersonalState', { viewerId: userId, ...value, now: 0 })
        }
      }
      const places = [john, jane].map(({ userId }) => ({ userId, after: 0 }))
      for (const read of [
        () => store.events.eventsAfter(places, 10),
        () => store.read('readEvents', { places, limit: 10 })
      ]) {
        store.takeStatements()
        const events = (await read()).flat()
        expect(events.filter(({ name }) => name === 'personal_state_changed')).toHaveLength(4)
        const statements = store.takeStatements()
        expect(statements).toHaveLength(2)
        for (const statement of statements)
          expect.soft(await steps(store, statement), statement.text).toEqual([])
      }
    })

    test('a page of conversations is one statement, for the first page and the next', async () => {
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

    test('a page of messages is one statement, for the first page and the next', async () => {
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
      expect(await page(Number(messageIn(second).id))).toEqual([['one'], 1])
    })

    test.each([
      ['SELECT * FROM messages WHERE content = $$1$$', 1],
      ['SELECT * FROM messages ORDER BY content LIMIT 1', 1],
      ['SELECT conversation_id FROM messages AS newest ORDER BY conversation_id', 1],
      ['SELECT * FROM messages WHERE id = 1', 0]
    ])('%s has %i growing steps', async (text, count) => {
      const portable = engine === 'SQLite' ? text.replaceAll('$$', "'").replace(' AS newest', '') : text
      const found = await steps(store, { text: portable, values: [] })
      expect(found.filter((step) => !step.startsWith('USE TEMP'))).toHaveLength(count)
    })

    // Last, because it changes every table.
    test('U2: every statement keeps its result when each table gets columns while the store runs', async () => {
      const own = await inputsFor(store)
      const { john, conversationId } = await startPair(store)
      const places = [{ userId: john.userId, after: 0 }]
      const sendAll = async () => {
        await store.send(sendOf(john.userId, conversationId, 'hello'))
        await store.send(sendOf(john.userId, conversationId, 'once', `once-${engine}`))
        const mentions = { mentions: [john.id] }
        await store.send(sendOf(john.userId, conversationId, '@me', undefined, mentions))
      }
      const readAll = async () => {
        const found: Record<string, unknown> = {
          bounds: await store.events.bounds([john.userId]),
          events: await store.events.eventsAfter(places, 10)
        }
        for (const name of Object.keys(own).filter((each) => each in reads) as ReadName[]) {
          found[name] = []
          for (const input of own[name]) (found[name] as unknown[]).push(await store.read(name, input))
        }
        return found
      }
      const writeAll = async () => {
        const fresh = await inputsFor(store)
        for (const name of Object.keys(fresh).filter((each) => !(each in reads)) as WriteName[]) {
          for (const input of fresh[name]) await store.write(name, input)
        }
      }
      store.takeStatements()
      await sendAll()
      await writeAll()
      const before = await readAll()
      expect(await addColumns((text) => store.query(text), engine, store.takeStatements())).toBeGreaterThan(
        500
      )
      expect(await readAll()).toEqual(before)
      await sendAll()
      await writeAll()
    })
  })
}
