import { sql, type RawBuilder } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseConfig } from '../../../server/config.ts'
import { openStore } from '../../../server/open-store.ts'
import { listFindings } from '../../../server/platform/storage/findings.ts'
import type { Store } from '../../../server/store.ts'
import { sendText, within } from '../../fixtures/group-acts.ts'
import { sendOf, sessionOf, startGroup, startPair } from '../../fixtures/people.ts'
import { describeEngines, describeStorage, openKyselyOn } from './engines.ts'

/** Creates data of every kind. */
async function use(store: Store): Promise<void> {
  const { john, jane, conversationId } = await startPair(store)
  for (let i = 0; i < 10; i++) await store.send(sendOf(john.userId, conversationId, `m ${i}`))
  await store.write('markRead', { viewerId: jane.userId, conversationId, upTo: null, now: 1 })
  await store.write('pruneEvents', { before: Date.now() + 1, keep: 3, limit: 100 })

  for (const { userId } of [john, jane]) await store.write('addSession', sessionOf(userId, `of ${userId}`))

  const group = await startGroup(store, ['jane'])
  const inGroup = within(group.conversationId, group.john)
  const kept = await sendText(store, group.conversationId, group.john, 'kept')
  const deleted = await sendText(store, group.conversationId, group.john, 'deleted')
  const mention = { mentions: [group.jane.id] }
  await store.send(sendOf(group.john.userId, group.conversationId, 'hello', undefined, mention))
  await store.write('editMessage', {
    ...inGroup,
    messageId: kept,
    content: 'edited',
    mentions: [],
    version: null
  })
  await store.write('deleteMessage', { ...inGroup, messageId: deleted })
  for (const value of ['{"text":"hello"}', null, '{"text":"again"}']) {
    await store.write('putPersonalState', {
      viewerId: john.userId,
      kind: 'draft',
      key: value === null ? '8' : '7',
      version: value === '{"text":"again"}' ? 1 : 0,
      value,
      now: 1
    })
  }
}

describeStorage('Findings', (under) => {
  test('a healthy database has none', async () => {
    await use(under.store)
    expect(await under.store.read('listFindings', {})).toEqual([])
  })
})

/** Statements that corrupt a database, by the finding that they cause. */
const brokenIn = (engine: DatabaseConfig['kind']): Record<string, RawBuilder<unknown>> => {
  // The SQLite tables of the newest rows.
  const [events, sends] = (
    engine === 'sqlite' ? ['recent_events', 'recent_sends'] : ['inbox_events', 'sends']
  ).map((name) => sql.table(name))
  return {
    'a log is not contiguous': sql`DELETE FROM ${events} WHERE seq = (SELECT MAX(seq) - 1 FROM ${events})`,
    'events belong to a log without a user': sql`UPDATE ${events} SET user_id = user_id + 1000`,
    'a user has no log': sql`DELETE FROM inbox_heads`,
    'an event points at a message that is not there': sql`UPDATE ${events} SET message_id = message_id + 1000`,
    'the positions of a conversation are not 1, 2, 3': sql`UPDATE messages SET position = position + 1000 WHERE position = 2`,
    'the newest message of a conversation is not': sql`UPDATE conversations SET last_message_id = last_message_id - 1`,
    'the sessions of one family are of several people': sql`UPDATE sessions SET family_id = 'one'`,
    'a session outlives its sign-in': sql`UPDATE sessions SET absolute_end = expires_at - 1`,
    'or a disabled account': sql`UPDATE users SET disabled_at = 1`,
    'a message has no key': sql`DELETE FROM ${sends}`,
    'a key points at a message that is not there': sql`UPDATE ${sends} SET message_id = message_id + 1000`,
    'a read mark is beyond the end': sql`UPDATE participants SET read_up_to = 1000`,
    'a read mark is before the first': sql`UPDATE participants SET visible_from = 1000`,
    'a conversation of two has other than two people': sql`UPDATE participants SET role = 'member'`,
    'a group has no title': sql`UPDATE conversations SET title = NULL`,
    'a deleted message still says something': sql`UPDATE messages SET content = 'still here'`,
    'a mention belongs to no message': sql`UPDATE mentions SET position = position + 1000`,
    'of another size than its total says': sql`UPDATE personal_totals SET bytes = bytes + 1`,
    'personal state of no user': sql`DELETE FROM personal_totals`,
    'what a message said before is not kept': sql`DELETE FROM message_versions`
  }
}

describeEngines('Findings', (create) => {
  let place: string
  let database: DatabaseConfig
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'parley-findings-'))
    database = await create(place)
  })
  afterEach(() => rm(place, { recursive: true }))

  test('each corruption is found, and names its database', async () => {
    const store = await openStore(database)
    await use(store)
    await store.close()
    const db = openKyselyOn(database)
    for (const [finding, breakIt] of Object.entries(brokenIn(database.kind))) {
      const found = await db
        .transaction()
        .execute(async (transaction) => {
          await breakIt.execute(transaction)
          throw await listFindings(transaction, {})
        })
        .catch((thrown: unknown) => thrown)
      expect(found, finding).toEqual(
        expect.arrayContaining([{ finding: expect.stringContaining(finding), rows: expect.any(Number) }])
      )
    }
    expect(await listFindings(db, {})).toEqual([])
    await db.destroy()
  })
})
