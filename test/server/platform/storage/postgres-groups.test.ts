import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../../../../server/platform/storage/postgres/pool.ts'
import { openPostgresStore } from '../../../../server/postgres-store.ts'
import { removeParticipant } from '../../../../server/conversations/participant-procedures.ts'
import type { Schema } from '../../../../server/platform/storage/schema.ts'
import type { Store } from '../../../../server/store.ts'
import { add, eventsOf, remove, sendText, within, type Person } from '../../../fixtures/group-acts.ts'
import { addPerson, startGroup } from '../../../fixtures/people.ts'
import { boundsOf } from '../../../fixtures/logs.ts'
import { hold, untilWaiting } from '../../../harness/held-transaction.ts'
import { administer } from '../../../harness/postgres.ts'
import { noPostgres, sharedDatabase } from '../../../harness/shared-postgres.ts'

describe.skipIf(noPostgres)(`Groups on Postgres${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let url: string
  let store: Store
  let db: Kysely<Schema>
  beforeAll(async () => {
    url = await sharedDatabase()
    store = await openPostgresStore(url)
    db = new Kysely({ dialect: new PostgresDialect({ pool: openPool(url, { max: 4 }) }) })
  })
  afterAll(async () => {
    await db.destroy()
    await store.close()
  })

  test('T3: a read mark that waits for a removal is not delivered to the removed member', async () => {
    const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
    const upTo = await sendText(store, conversationId, john, 'read this')
    const removal = await hold(db, (transaction) =>
      removeParticipant(transaction, { ...within(conversationId, john), userId: jane.userId })
    )
    const mark = store.write('markRead', { ...within(conversationId, anna), upTo })
    await untilWaiting(url, 1)
    await removal.end('commit')
    expect(await mark).toBeNull()
    const hers = await eventsOf(store, jane)
    expect(hers.at(-1)!.name).toBe('participant_removed')
    expect((await boundsOf(store, jane.userId)).head).toBe(hers.length)
    expect((await eventsOf(store, john)).at(-1)).toMatchObject({ name: 'read', data: { userId: anna.id } })
  })

  test('T1: a message that waits for its sender’s removal is refused', async () => {
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    const removal = await hold(db, (transaction) =>
      removeParticipant(transaction, { ...within(conversationId, john), userId: jane.userId })
    )
    const refused = expect(sendText(store, conversationId, jane, 'still here')).rejects.toThrow(
      'conversation_not_found'
    )
    await untilWaiting(url, 1)
    await removal.end('commit')
    await refused
  })

  test.each([
    ['is added', (group: number, john: Person, _jane: Person, anna: Person) => add(store, group, john, anna)],
    ['is removed', (group: number, john: Person, jane: Person) => remove(store, group, john, jane)],
    ['leaves', (group: number, _john: Person, jane: Person) => remove(store, group, jane, jane)]
  ])(
    'O2: when a member %s, heads are locked in the order of their ids, without a deadlock',
    async (_what, act) => {
      const { john, jane, conversationId } = await startGroup(store, ['jane'])
      const anna = await addPerson(store, 'anna')
      const johns = await hold(db, (transaction) =>
        transaction.updateTable('inbox_heads').set({ floor: 0 }).where('user_id', '=', john.userId).execute()
      )
      const done = act(conversationId, john, jane, anna)
      await untilWaiting(url, 1)
      // It waits for john's head before it has locked any later one.
      const free = `SELECT user_id::int AS id FROM inbox_heads WHERE user_id IN (${jane.userId}, ${anna.userId})
      FOR UPDATE NOWAIT`
      expect(await administer(url, free)).toHaveLength(2)
      await johns.end('commit')
      await done
    }
  )
})
