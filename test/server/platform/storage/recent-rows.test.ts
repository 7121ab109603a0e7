import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readEvents } from '../../../../server/event-log/procedures.ts'
import { openConnection, openKysely } from '../../../../server/platform/storage/sqlite/connection.ts'
import { openSqliteStore } from '../../../../server/sqlite-store.ts'
import { prepareSendBatch } from '../../../../server/messages/sqlite-batch.ts'
import { prepareWriter } from '../../../../server/platform/storage/sqlite/writer.ts'
import type { Send, SendOutcome } from '../../../../server/messages/procedures.ts'
import { messageIn } from '../../../fixtures/decoded.ts'
import { sendOf, startPair } from '../../../fixtures/people.ts'

/** More than ever waits. */
const many = 1_000_000

let place: string
let path: string
let john: number
let conversationId: number
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-recent-'))
  path = join(place, 'parley.db')
  const store = await openSqliteStore(path)
  const pair = await startPair(store)
  john = pair.john.userId
  conversationId = pair.conversationId
  await store.close()
})
afterEach(() => rm(place, { recursive: true }))

/** Opens a writer on the file, as the writer thread does, and shows where rows are stored. */
async function openWriter() {
  const database = openConnection(path, 'writer')
  const db = openKysely(database)
  const writer = await prepareWriter(database, db, prepareSendBatch)
  const count = (table: string) => Number(database.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get()!['n'])
  return {
    database,
    recent: writer.recent,
    send(...sends: Send[]): SendOutcome[] {
      database.exec('BEGIN IMMEDIATE')
      const { outcomes } = writer.sendBatch(sends)
      database.exec('COMMIT')
      return outcomes
    },
    sendAndTakeBack(...sends: Send[]): void {
      database.exec('BEGIN IMMEDIATE')
      writer.sendBatch(sends)
      database.exec('ROLLBACK')
      writer.forget()
    },
    /** Reads john's log as a stream does. */
    log: async () => (await readEvents(db, { places: [{ userId: john, after: 0 }], limit: 1_000 }))[0]!,
    counts: () => ({
      recent: count('recent_events') + count('recent_sends'),
      older: count('older_events') + count('older_sends')
    })
  }
}

const messages = (count: number) =>
  Array.from({ length: count }, (_, i) => sendOf(john, conversationId, `m ${i}`, `key ${i}`))

function refuseToMerge(database: DatabaseSync): () => void {
  database.exec(
    "CREATE TRIGGER refusal BEFORE INSERT ON older_sends BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
  )
  return () => database.exec('DROP TRIGGER refusal')
}

describe('The newest events and keys', () => {
  test('S1, E1: are the same after the merge, and a key keeps its first answer', async () => {
    const writer = await openWriter()
    const sends = messages(300)
    const outcomes = writer.send(...sends)
    const log = await writer.log()
    // Including the start of the conversation.
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 301 }, (_, index) => index + 1))
    expect(writer.counts()).toEqual({ recent: 902, older: 0 })

    writer.recent.add(many)
    expect(writer.counts()).toEqual({ recent: 0, older: 902 })
    expect(await writer.log()).toEqual(log)
    expect(writer.send(...sends)).toEqual(outcomes)
    const [next] = writer.send(sendOf(john, conversationId, 'one more'))
    expect(messageIn(next!).position).toBe(301)
    expect((await writer.log()).at(-1)).toMatchObject({ seq: 302 })
    writer.database.close()
  })

  test('E1, S2: are found by the next process that opens the file', async () => {
    const before = await openWriter()
    const sends = messages(3)
    const outcomes = before.send(...sends)
    before.database.close()
    const after = await openWriter()
    expect(after.send(...sends)).toEqual(outcomes)
    expect(after.counts().recent).toBe(11)
    after.database.close()
  })

  test('E1: that were rolled back with their batch are stored by a retry', async () => {
    const writer = await openWriter()
    const [first, second] = messages(2)
    writer.sendAndTakeBack(first!)
    const [other] = writer.send(second!)
    const [sent] = writer.send(first!)
    expect([messageIn(other!).content, messageIn(sent!).content]).toEqual(['m 1', 'm 0'])
    expect(writer.send(first!, second!)).toEqual([sent, other])
    writer.database.close()
  })

  test('E1, S1: stay in place while the disk accepts no writes, and are merged afterwards', async () => {
    const writer = await openWriter()
    const sends = messages(3)
    const outcomes = writer.send(...sends)
    const log = await writer.log()
    const relent = refuseToMerge(writer.database)
    writer.recent.add(many)
    expect(writer.counts()).toEqual({ recent: 11, older: 0 })
    expect(writer.send(...sends)).toEqual(outcomes)
    relent()
    writer.recent.add(1)
    expect(writer.counts()).toEqual({ recent: 0, older: 11 })
    expect(await writer.log()).toEqual(log)
    writer.database.close()
  })

  test('U2: keep a column added by a newer Parley when an older one merges them', async () => {
    const writer = await openWriter()
    writer.send(...messages(1))
    for (const table of ['older_events', 'recent_events']) {
      writer.database.exec(`ALTER TABLE ${table} ADD COLUMN added_later text`)
    }
    writer.database.exec("UPDATE recent_events SET added_later = 'kept'")
    writer.recent.add(many)
    expect(writer.counts().recent).toBe(0)
    const kept = writer.database.prepare('SELECT DISTINCT added_later FROM older_events').all()
    expect(kept.map((row) => row['added_later'])).toEqual(['kept'])
    writer.database.close()
  })

  test('are merged by a server after many writes, and doctor finds no problem', async () => {
    const store = await openSqliteStore(path)
    await Promise.all(messages(8_100).map((send) => store.send(send)))
    expect(await store.read('listFindings', {})).toEqual([])
    await store.close()
    const writer = await openWriter()
    expect(writer.counts().older).toBeGreaterThan(24_000)
    expect(writer.counts().recent + writer.counts().older).toBe(2 + 3 * 8_100)
    writer.database.close()
  })
})
