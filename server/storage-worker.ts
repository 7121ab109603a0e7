import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type { Schema } from './platform/storage/schema.ts'
import type { Reads, WriteOutcome, Writes } from './platform/storage/store.ts'
import * as procedures from './procedures.ts'
import { readHead } from './event-log/procedures.ts'
import { refusalOf } from './platform/storage/sqlite/answer.ts'
import { openConnection, openKysely } from './platform/storage/sqlite/connection.ts'
import * as sendTransfer from './messages/send-transfer.ts'
import { cachedTables, prepareSendBatch } from './messages/sqlite-batch.ts'
import { openGroupCommit } from './platform/storage/sqlite/group-commit.ts'
import type { Answer, Call, Ready, Report, WorkerRole } from './platform/storage/sqlite/worker-messages.ts'
import { prepareWriter } from './platform/storage/sqlite/writer.ts'

/** Calls that share a commit at most: bounds how long the first of them waits for the last. */
const groupMax = 64

const reads: Reads = procedures.reads
const writes: Writes = procedures.writes

const port = parentPort!
const { path, mode } = workerData as WorkerRole
const database = openConnection(path, mode)
const db = openKysely(database)
const writing =
  mode === 'reader'
    ? undefined
    : await prepareWriter(database, db, prepareSendBatch, mode === 'writer' ? path : null)
const commitGroup =
  writing &&
  openGroupCommit(database, {
    runWrite,
    forget: writing.forget,
    // The mark is written before the report: no client has seen more than it says.
    beforeReport: [writing.notice, (events) => writing.mark?.add(events)],
    report: (report) => port.postMessage(report),
    afterReport: (events) => writing.recent.add(events)
  })

const waiting: Call[] = []
let running = false
let closing = false

port.on('message', (call: Call | 'close') => {
  if (call === 'close') closing = true
  else waiting.push(call)
  if (!running) {
    running = true
    // After the messages that already wait in the port: they join the group.
    setImmediate(() => {
      runWaiting().catch(failThread)
    })
  }
})
port.postMessage({ settings: writing?.settings, renewed: writing?.mark?.renewed ?? null } satisfies Ready)
flushCompileCache()

/** Ends the thread, and with it the process, for a fault that is no call's: a start repairs it. */
function failThread(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

async function runWaiting(): Promise<void> {
  while (waiting.length > 0) {
    const group = waiting.splice(0, groupMax)
    if (mode === 'reader') port.postMessage(await readGroup(group))
    else await commitGroup!(group)
  }
  running = false
  if (closing) {
    writing?.mark?.close()
    database.close()
    port.close()
  }
}

async function runWrite(call: Call): Promise<WriteOutcome> {
  if (call.kind === 'sends') {
    const { outcomes, committed } = writing!.sendBatch(sendTransfer.restoreSends(call.sends))
    return { result: sendTransfer.flattenOutcomes(outcomes), committed }
  }
  const cached = listCached(call.name)
  if (cached.some((table) => table !== 'inbox_heads')) writing!.forget()
  const outcome = await writes[call.name]!(db, call.input as never)
  if (cached.includes('inbox_heads')) writing!.forgetHeads(outcome.committed ?? [])
  return outcome
}

/** Returns the tables that the send path caches and that a write may change. */
function listCached(name: string): (keyof Schema)[] {
  const touched = (procedures.touches as Record<string, readonly (keyof Schema)[]>)[name]
  return [...cachedTables].filter((table) => touched?.includes(table) ?? true)
}

/** Reads one after the other, each on one snapshot of its own. */
async function readGroup(group: Call[]): Promise<Report> {
  const answers: Answer[] = []
  for (const call of group) {
    if (call.kind !== 'read') throw new Error('a reader reads')
    try {
      database.exec('BEGIN')
      // Read the head before the data: a stream that resumes from it misses nothing.
      const head = call.headOf === null ? 0 : await readHead(db, call.headOf)
      const data = await reads[call.name]!(db, call.input as never)
      answers.push({ id: call.id, ok: true, result: { head, data } })
    } catch (error) {
      answers.push(refusalOf(call.id, error))
    } finally {
      if (database.isTransaction) database.exec('ROLLBACK')
    }
  }
  return { answers, committed: [], committedAt: 0, failures: [] }
}
