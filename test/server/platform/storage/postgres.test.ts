import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../../../../server/platform/storage/postgres/pool.ts'
import { openPostgresStore } from '../../../../server/postgres-store.ts'
import { openSends } from '../../../../server/messages/postgres-sends.ts'
import { sendBatch } from '../../../../server/messages/postgres-batch.ts'
import type { CommittedEvent } from '../../../../server/platform/storage/event-log.ts'
import { replaceSession } from '../../../../server/sessions/procedures.ts'
import { markRead } from '../../../../server/messages/read-procedures.ts'
import type { Schema } from '../../../../server/platform/storage/schema.ts'
import type { Send, SendOutcome } from '../../../../server/messages/procedures.ts'
import type { Store } from '../../../../server/store.ts'
import { addPerson, sendOf, sessionOf, startPair } from '../../../fixtures/people.ts'
import { hold, untilWaiting } from '../../../harness/held-transaction.ts'
import { administer } from '../../../harness/postgres.ts'
import { noPostgres, sharedDatabase } from '../../../harness/shared-postgres.ts'
import { messageIn } from '../../../fixtures/decoded.ts'
import { boundsOf, eventsAfter } from '../../../fixtures/logs.ts'

/** Returns the message of an outcome, or the code of its refusal. */
const idOf = (outcome: SendOutcome) => ('message' in outcome ? messageIn(outcome).id : outcome.refused)

describe.skipIf(noPostgres)(`Two nodes on one Postgres${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let url: string
  let nodes: [Store, Store]
  let db: Kysely<Schema>
  beforeAll(async () => {
    url = await sharedDatabase()
    nodes = await Promise.all([openPostgresStore(url), openPostgresStore(url)])
    db = new Kysely({ dialect: new PostgresDialect({ pool: openPool(url, { max: 4 }) }) })
  })
  afterAll(async () => {
    await db.destroy()
    await Promise.all(nodes.map((node) => node.close()))
  })

  async function logOf(userId: number) {
    const { head } = await boundsOf(nodes[0], userId)
    const events = await eventsAfter(nodes[0], userId, 0, 1_000)
    expect(events.map((event) => event.seq)).toEqual(Array.from({ length: head }, (_, i) => i + 1))
    return events
  }

  test.each(['commit', 'rollback'] as const)(
    'O2, S1: of two transactions for one recipient, the first to take its seq commits last, in a %s: no reader skips it',
    async (how) => {
      const { john, jane, conversationId } = await startPair(nodes[0])
      await nodes[0].send(sendOf(john.userId, conversationId, 'one'))
      // Jane's read mark has taken its seq in both logs, uncommitted.
      const first = await hold(db, (transaction) =>
        markRead(transaction, { viewerId: jane.userId, conversationId, upTo: null, now: 1 })
      )
      const second = nodes[1].send(sendOf(john.userId, conversationId, 'two'))
      await untilWaiting(url, 1)
      const before = await logOf(john.userId)
      await first.end(how)
      await second
      const names = (await logOf(john.userId)).slice(before.length).map((event) => event.name)
      expect(names).toEqual([...(how === 'commit' ? ['read'] : []), 'message_sent'])
    }
  )

  test('O2: writes of all kinds for overlapping users on both nodes, some rolled back, all succeed and leave no gap', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => addPerson(nodes[0])))
    const pairs = people.flatMap((me, i) => people.slice(i + 1).map((other) => ({ me, other })))
    const started = await Promise.all(
      [...pairs, ...pairs.map(({ me, other }) => ({ me: other, other: me }))].map(({ me, other }, i) =>
        nodes[i % 2]!.write('startDirectConversation', { me, other, now: 1 }).then(({ id }) => ({
          id,
          me,
          other
        }))
      )
    )
    expect(new Set(started.map(({ id }) => id)).size).toBe(pairs.length)
    let rolledBack = 0
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, async (_, i) => {
        const { id, me, other } = started[(i * 7) % started.length]!
        const node = nodes[i % 2]!
        if (i % 10 === 9) {
          await (
            await hold(db, (transaction) =>
              markRead(transaction, { viewerId: other.userId, conversationId: id, upTo: null, now: 1 })
            )
          ).end('rollback')
          return rolledBack++
        }
        if (i % 5 === 4) {
          return node.write('markRead', { viewerId: other.userId, conversationId: id, upTo: null, now: 1 })
        }
        return node.send(sendOf(me.userId, id, `m ${i}`))
      })
    )
    expect(rolledBack).toBe(40)
    expect(
      outcomes.filter((outcome) => outcome && typeof outcome === 'object' && 'refused' in outcome)
    ).toEqual([])
    for (const { userId } of people) await logOf(userId)
    expect(await nodes[0].read('listFindings', {})).toEqual([])
  })

  test('O2: a batch locks heads in the order of their ids, whatever the order of its sends, without a deadlock', async () => {
    const { john, jane, conversationId } = await startPair(nodes[0])
    const anna = await addPerson(nodes[0], 'anna')
    const other = await nodes[0].write('startDirectConversation', { me: jane, other: anna, now: 1 })
    const johns = await hold(db, (transaction) =>
      transaction.updateTable('inbox_heads').set({ floor: 0 }).where('user_id', '=', john.userId).execute()
    )
    const pool = openPool(url, { max: 1, prepared: true })
    const client = await pool.connect()
    const batch = sendBatch(
      client,
      [sendOf(anna.userId, other.id, 'first'), sendOf(jane.userId, conversationId, 'second')],
      100
    )
    await untilWaiting(url, 1)
    // It waits for john's head before it has locked any later one.
    const free = `SELECT user_id::int AS id FROM inbox_heads WHERE user_id IN (${jane.userId}, ${anna.userId})
      FOR UPDATE NOWAIT`
    expect(await administer(url, free)).toHaveLength(2)
    await johns.end('commit')
    expect((await batch).outcomes.map((each) => messageIn(each).position)).toEqual([1, 1])
    client.release()
    await pool.end()
  })

  test('E1: a key sent to both nodes at once, a hundred times, creates one message', async () => {
    const { john, conversationId } = await startPair(nodes[0])
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        nodes[i % 2]!.send(sendOf(john.userId, conversationId, 'once', 'once'))
      )
    )
    expect(new Set(outcomes.map(idOf)).size).toBe(1)
  })

  test('E2: a key sent for two conversations at once creates one message, and only the other send is refused', async () => {
    const { john, jane, conversationId } = await startPair(nodes[0])
    const anna = await addPerson(nodes[0], 'anna')
    const other = await nodes[0].write('startDirectConversation', { me: john, other: anna, now: 1 })
    for (let round = 0; round < 20; round++) {
      const key = `round-${round}`
      const [here, there, hers] = await Promise.all([
        nodes[0].send(sendOf(john.userId, conversationId, 'here', key)),
        nodes[1].send(sendOf(john.userId, other.id, 'there', key)),
        nodes[1].send(sendOf(jane.userId, conversationId, 'hers', key))
      ])
      expect([here, there].map(idOf)).toContain('idempotency_mismatch')
      expect([here, there].filter((outcome) => 'message' in outcome)).toHaveLength(1)
      expect(messageIn(hers).content).toBe('hers')
    }
    expect(await nodes[0].read('listFindings', {})).toEqual([])
  })

  test('E3: a message that cannot be stored fails alone in its batch', async () => {
    const { john, jane, conversationId } = await startPair(nodes[0])
    const sends: Send[] = [
      sendOf(john.userId, conversationId, 'a'),
      sendOf(john.userId, conversationId, 'no text for Postgres: \0'),
      sendOf(jane.userId, conversationId, 'b')
    ]
    const settled = await Promise.allSettled(sends.map((send) => nodes[0].send(send)))
    expect(settled).toMatchObject([
      { value: { message: expect.stringContaining('"position":1,') } },
      { reason: expect.objectContaining({ message: expect.stringContaining('invalid byte sequence') }) },
      { value: { message: expect.stringContaining('"position":2,') } }
    ])
  })

  test('E3, O2: a message to a user without a log is not stored, and the others of its batch are', async () => {
    const { john, conversationId } = await startPair(nodes[0])
    const broken = await startPair(nodes[0])
    await db.deleteFrom('inbox_heads').where('user_id', '=', broken.jane.userId).execute()
    const sends = [
      sendOf(john.userId, conversationId, 'a'),
      sendOf(broken.john.userId, broken.conversationId, 'lost for jane'),
      sendOf(john.userId, conversationId, 'b')
    ]
    // One lane, so that they form one batch.
    const pool = openPool(url, { max: 1, prepared: true })
    const { send } = openSends(pool, 1, () => {})
    const settled = await Promise.allSettled(sends.map(send))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const { rows } = await pool.query('SELECT FROM messages WHERE conversation_id = $1', [
      broken.conversationId
    ])
    expect(rows).toEqual([])
    await pool.end()
  })

  test('a batch with too many events for one transaction continues in the next', async () => {
    const { john, jane, conversationId } = await startPair(nodes[0])
    const pool = openPool(url, { max: 1, prepared: true })
    const reported: CommittedEvent[] = []
    const { send } = openSends(pool, 1, (events) => reported.push(...events), { eventsMax: 5 })
    const outcomes = await Promise.all(
      Array.from({ length: 7 }, (_, i) =>
        send(sendOf(i % 2 ? john.userId : jane.userId, conversationId, `m ${i}`))
      )
    )
    expect(outcomes.map((outcome) => messageIn(outcome).position)).toEqual([1, 2, 3, 4, 5, 6, 7])
    // Each event has two recipients, so five are two messages.
    const { rows } = await pool.query(
      'SELECT count(DISTINCT xmin::text) AS transactions FROM messages WHERE conversation_id = $1',
      [conversationId]
    )
    expect(rows).toEqual([{ transactions: 4 }])
    const { head } = await boundsOf(nodes[0], john.userId)
    const seqs = reported.flatMap(({ to }) => to).filter(({ userId }) => userId === john.userId)
    expect(seqs.map(({ seq }) => seq)).toEqual(Array.from({ length: 7 }, (_, i) => head - 6 + i))
    await pool.end()
  })

  test('a read mark that waited for a later one does not move it back, and creates no event', async () => {
    const { john, jane, conversationId } = await startPair(nodes[0])
    const first = await nodes[0].send(sendOf(john.userId, conversationId, 'one'))
    await nodes[0].send(sendOf(john.userId, conversationId, 'two'))
    const later = await hold(db, (transaction) =>
      markRead(transaction, { viewerId: jane.userId, conversationId, upTo: null, now: 1 })
    )
    const upTo = Number(idOf(first))
    const earlier = nodes[1].write('markRead', { viewerId: jane.userId, conversationId, upTo, now: 1 })
    await untilWaiting(url, 1)
    await later.end('commit')
    await earlier
    const conversation = await nodes[0].read('getConversation', { viewerId: jane.userId, id: conversationId })
    expect(conversation).toMatchObject({ readUpTo: 2, unreadCount: 0 })
    expect((await logOf(john.userId)).filter((event) => event.name === 'read')).toHaveLength(1)
  })

  test('a session that ends while it is refreshed has no successor', async () => {
    const { userId } = await addPerson(nodes[0])
    const session = sessionOf(userId, `old-${userId}`)
    await nodes[0].write('addSession', session)
    const { id: sessionId } = (await nodes[0].read('findSession', session))!
    const ending = await hold(db, (transaction) =>
      transaction.deleteFrom('sessions').where('id', '=', sessionId).execute()
    )
    const next = { ...session, tokenHash: `new-${userId}` }
    const refreshed = nodes[1].write('replaceSession', { sessionId, salt: 'salt', ...next })
    await untilWaiting(url, 1)
    await ending.end('commit')
    expect(await refreshed).toBeNull()
    expect(await nodes[0].read('findSession', next)).toBeNull()
  })

  test.each(['a logout', 'disabling the account'])(
    'S5: %s that waits for a refresh ends its successor, too',
    async (what) => {
      const { userId, username } = await addPerson(nodes[0])
      const session = sessionOf(userId, `held-${userId}`)
      await nodes[0].write('addSession', session)
      const { id: sessionId } = (await nodes[0].read('findSession', session))!
      const next = { ...session, tokenHash: `after-${userId}` }
      const refreshing = await hold(db, (transaction) =>
        replaceSession(transaction, { sessionId, salt: 'salt', ...next })
      )
      const now = Date.now()
      const { familyId } = session
      const ending =
        what === 'a logout'
          ? // With another token of the family.
            nodes[1].write('endFamily', { sessionId: 0, familyId })
          : nodes[1].write('setDisabled', { key: username, disabled: true, now })
      await untilWaiting(url, 1)
      await refreshing.end('commit')
      await ending
      await nodes[0].write('setDisabled', { key: username, disabled: false, now })
      for (const each of [session, next]) expect(await nodes[0].read('findSession', each)).toBeNull()
    }
  )
})

test.skipIf(noPostgres)(
  `U1: three nodes that start together on an empty Postgres migrate the schema once${noPostgres ? ` (${noPostgres})` : ''}`,
  async () => {
    const url = await sharedDatabase()
    const nodes = await Promise.all(Array.from({ length: 3 }, () => openPostgresStore(url)))
    expect(new Set(nodes.map((node) => `${node.epoch} ${node.cookieSecret}`)).size).toBe(1)
    expect(nodes.map((node) => node.renewed)).toEqual([null, null, null])
    await startPair(nodes[0]!)
    expect(await nodes[2]!.read('listFindings', {})).toEqual([])
    await Promise.all(nodes.map((node) => node.close()))
    const again = await openPostgresStore(url)
    expect(again).toMatchObject({ epoch: nodes[0]!.epoch, renewed: null })
    await again.close()
  }
)
