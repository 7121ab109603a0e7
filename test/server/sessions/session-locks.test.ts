import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../../../server/platform/storage/postgres/pool.ts'
import { openPostgresStore } from '../../../server/postgres-store.ts'
import type { Schema } from '../../../server/platform/storage/schema.ts'
import type { Store } from '../../../server/store.ts'
import { addPerson, sessionOf } from '../../fixtures/people.ts'
import { hold, untilWaiting } from '../../harness/held-transaction.ts'
import { noPostgres, sharedDatabase } from '../../harness/shared-postgres.ts'

const aMinuteLater = () => Date.now() + 61_000

describe.skipIf(noPostgres)(`The sessions of a family${noPostgres ? ` (${noPostgres})` : ''}`, () => {
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

  /** Creates a twice-refreshed family: a superseded session, one being replaced, and one not used yet. */
  async function family() {
    const { userId, username } = await addPerson(store)
    const first = sessionOf(userId, `first-${userId}`)
    await store.write('addSession', first)
    const ids = [(await store.read('findSession', first))!.id]
    for (const which of ['second', 'third']) {
      const next = { ...first, tokenHash: `${which}-${userId}` }
      await store.write('replaceSession', { sessionId: ids.at(-1)!, salt: which, ...next })
      const { id, replacesId } = (await store.read('findSession', next))!
      ids.push(id)
      if (which === 'second') {
        await store.write('confirmSession', { sessionId: id, replacesId: replacesId!, now: Date.now() })
      }
    }
    const [oldest, replacesId, sessionId] = ids as [number, number, number]
    return { userId, username, familyId: first.familyId, oldest, replacesId, sessionId }
  }
  type Family = Awaited<ReturnType<typeof family>>

  const holdOldest = ({ oldest }: Family) =>
    hold(db, (transaction) =>
      transaction.selectFrom('sessions').select('id').where('id', '=', oldest).forUpdate().execute()
    )

  test.each<[string, (family: Family) => Promise<unknown>]>([
    ['a logout', ({ sessionId, familyId }) => store.write('endFamily', { sessionId, familyId })],
    [
      'a reused token',
      ({ familyId }) => store.write('endReusedFamily', { tokenHash: 'unknown', familyId, now: Date.now() })
    ],
    [
      'disabling the account',
      ({ username }) => store.write('setDisabled', { key: username, disabled: true, now: Date.now() })
    ],
    [
      'the first use of a refreshed session',
      ({ sessionId, replacesId }) =>
        store.write('confirmSession', { sessionId, replacesId, now: aMinuteLater() })
    ]
  ])('N4: %s locks the oldest first, so that two of them never deadlock', async (_what, write) => {
    const mine = await family()
    const held = await holdOldest(mine)
    const writing = write(mine)
    await untilWaiting(url, 1)
    const { userId, replacesId, sessionId } = mine
    const free = await db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', userId)
      .orderBy('id')
      .forUpdate()
      .skipLocked()
      .execute()
    await held.end('commit')
    await writing
    expect(free.map(({ id }) => id)).toEqual([replacesId, sessionId])
  })

  test('are marked as used without waiting for one that is being changed', async () => {
    const mine = await family()
    const held = await holdOldest(mine)
    const now = aMinuteLater()
    await store.write('touchSessions', { sessionIds: [mine.oldest, mine.sessionId], now })
    await held.end('commit')
    const used = await db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', mine.userId)
      .where('last_used_at', '=', now)
      .execute()
    expect(used.map(({ id }) => id)).toEqual([mine.sessionId])
  })
})
