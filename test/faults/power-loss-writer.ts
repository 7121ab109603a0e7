/**
 * Run under strace by `power-loss.test.ts`: sends messages and prints `ack POSITION` for each
 * acknowledgement.
 *
 * `store` uses the real store with its writer worker. `unsynced` runs the same batches on a connection with a
 * lower `synchronous` setting: the control that proves that the test can fail. It merges the newest rows
 * repeatedly.
 */
import { writeSync } from 'node:fs'
import { openConnection, openKysely } from '../../server/platform/storage/sqlite/connection.ts'
import { prepareSendBatch } from '../../server/messages/sqlite-batch.ts'
import { openSqliteStore } from '../../server/sqlite-store.ts'
import type { SendOutcome } from '../../server/messages/procedures.ts'
import { prepareWriter } from '../../server/platform/storage/sqlite/writer.ts'
import { sendOf, startPair } from '../fixtures/people.ts'
import { messageIn } from '../fixtures/decoded.ts'

const [, , path, mode] = process.argv as [string, string, string, 'store' | 'unsynced']
const rounds = 15

function acknowledge(outcome: SendOutcome): void {
  writeSync(1, `ack ${messageIn(outcome).position}\n`)
}

const store = await openSqliteStore(path)
const { john, jane, conversationId } = await startPair(store)
const send = (i: number) => sendOf(i % 2 ? john.userId : jane.userId, conversationId, `message ${i}`)
// One message alone, then batches of growing size.
const batches = Array.from({ length: rounds }, (_, round) =>
  Array.from({ length: 1 + (round % 5) * 4 }, (_, i) => send(i))
)

if (mode === 'store') {
  for (const batch of batches) {
    await Promise.all(batch.map(async (each) => acknowledge(await store.send(each))))
  }
  // Not closed: closing would checkpoint and remove the run's write-ahead log.
  process.kill(process.pid, 'SIGKILL')
}

await store.close()
const database = openConnection(path, 'writer')
const { sendBatch, recent } = await prepareWriter(database, openKysely(database), prepareSendBatch)
database.exec('PRAGMA synchronous = NORMAL')
for (const batch of batches) {
  database.exec('BEGIN IMMEDIATE')
  const { outcomes } = sendBatch(batch)
  database.exec('COMMIT')
  outcomes.forEach(acknowledge)
  recent.add(1_000_000)
}
process.kill(process.pid, 'SIGKILL')
