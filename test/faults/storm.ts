import { join } from 'node:path'
import { formatCursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/entities'
import { listFindings } from '../../server/storage/procedures/findings.ts'
import { openConnection, openKysely } from '../../server/storage/sqlite/connection.ts'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { startReader, type StormReader } from './storm-reader.ts'
import { runWriter } from './storm-writer.ts'
import {
  openPersonLog,
  pause,
  seededRandom,
  startRecord,
  type Fault,
  type PersonLog,
  type Random,
  type StormRecord
} from './storm-record.ts'

export type StormOptions = { seed: number; ms: number; log?: (line: string) => void }
export type StormResult = {
  /** How often each fault was injected. */
  faults: Record<Fault, number>
  messages: number
  snapshots: number
}

const writersPerPerson = 6
const readersPerPerson = 6
const settleMs = 60_000
const timelineShown = 200

const env = {
  PARLEY_LOG_LEVEL: 'error',
  PARLEY_DRAIN_SECONDS: '0.5',
  // A log that is kept whole: every reset is then a fault.
  PARLEY_EVENTS_KEEP_COUNT: '100000000'
}

/**
 * Injects faults into a Parley of its own for `ms` and holds it to its promise meanwhile and afterwards. Throws with
 * the seed and the timeline when an invariant breaks.
 */
export async function runStorm({ seed, ms, log = () => {} }: StormOptions): Promise<StormResult> {
  const record = startRecord()
  await using parley = await startParley({ env })
  let snapshots = 0
  try {
    snapshots = await storm(parley, record, seed, ms, log)
  } catch (error) {
    record.violate(String(error))
  }
  if (record.broken) {
    const shown = record.timeline.slice(-timelineShown).join('\n')
    throw new Error(
      `${record.broken}\nseed ${seed}\n${shown}\nParley printed:\n${parley.output().slice(-4_000)}`
    )
  }
  return { faults: record.counts, messages: record.acknowledged.size, snapshots }
}

async function storm(
  parley: Parley,
  record: StormRecord,
  seed: number,
  ms: number,
  log: (line: string) => void
): Promise<number> {
  let actors = 0
  // Each actor has numbers of its own, so that what one decides does not hang on when another is run.
  const random = () => seededRandom(Math.imul(seed, 7_919) + ++actors * 104_729)
  const people = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  const { id } = await people[0]!.conversationWith('jane')
  const logs = await Promise.all(
    people.map(async (api) => {
      const { headers } = await api.get(`/api/conversations/${id}`)
      const person = { id: api.user.id, name: api.user.username }
      return openPersonLog(record, person, headers.get('event-cursor')!)
    })
  )
  const readers = logs.map((log, i) => readersOf(people[i]!, log, record, random))

  const writing = people.flatMap((api, i) =>
    Array.from({ length: writersPerPerson }, (_, j) =>
      runWriter({
        number: i * writersPerPerson + j,
        api,
        conversationId: id,
        record,
        random: random()
      })
    )
  )
  const checking = people.map((api, i) => checkSnapshots(api, id, logs[i]!, record, random()))
  const turning = readers.map((each) => turnOver(each, record))
  const killing = killServer(parley, record, random())
  killing.catch((error: unknown) => record.violate(String(error)))

  const endsAt = performance.now() + ms
  let saidAt = performance.now()
  while (performance.now() < endsAt && !record.broken) {
    await pause(50)
    if (performance.now() - saidAt < 10_000) continue
    saidAt = performance.now()
    log(`${record.acknowledged.size} messages, ${record.timeline.length} faults`)
  }
  record.calm = true
  record.note('calm')
  await Promise.all([killing, ...turning])
  let acknowledged = false
  void Promise.all(writing).then(() => (acknowledged = true))
  await until(() => acknowledged)
  if (!acknowledged) record.violate('a message was never acknowledged')
  const snapshots = await Promise.all(checking)

  for (const [i, personLog] of logs.entries()) {
    const { headers, body } = await people[i]!.get<Conversation>(`/api/conversations/${id}`)
    const cursor = headers.get('event-cursor')!
    personLog.refetched(cursor, body)
    const reached = () =>
      readers[i]!.all.every(({ seq }) => formatCursor({ epoch: personLog.origin.epoch, seq }) === cursor)
    await until(() => reached() || record.broken !== null)
    for (const { name, seq } of readers[i]!.all) {
      if (!cursor.endsWith(`-${seq}`)) record.violate(`${name} is at ${seq}, its log at ${cursor}`)
    }
    snapshots.push(personLog.compare())
    for (const [key, message] of record.acknowledged) {
      if (!personLog.delivered.has(message.id)) {
        record.violate(
          `message ${message.id} (${key}) was acknowledged, ${personLog.person.name} never got it`
        )
      }
    }
    // Every writer went on until it was acknowledged: one more delivered is a retry that was stored twice.
    if (personLog.delivered.size !== record.acknowledged.size) {
      record.violate(
        `${record.acknowledged.size} were sent, ${personLog.person.name} got ${personLog.delivered.size}`
      )
    }
  }
  await Promise.all(readers.flatMap(({ all }) => all.map((reader) => reader.stop())))
  await parley.kill()
  await findFaults(join(parley.dataDir, 'parley.db'), record)
  return snapshots.reduce((sum, count) => sum + count, 0)
}

type Readers = { all: StormReader[]; random: Random; start(after: number): void; log: PersonLog }

function readersOf(api: Api, log: PersonLog, record: StormRecord, random: () => Random): Readers {
  const { url, token } = api
  let number = 0
  const readers: Readers = {
    all: [],
    random: random(),
    log,
    start(after) {
      const name = `${api.user.username}'s reader ${++number}`
      readers.all.push(startReader({ name, url, token, log, record, random: random(), after }))
    }
  }
  for (let i = 0; i < readersPerPerson; i++) readers.start(log.origin.seq)
  return readers
}

/** Readers go for good, and others come with an older cursor. The first stays: it is the one that reads everything. */
async function turnOver(readers: Readers, record: StormRecord): Promise<void> {
  const { all, random, log } = readers
  while (!record.calm && !record.broken) {
    await pause(200 + random() * 1_500)
    const [gone] = all.splice(1 + Math.floor(random() * (all.length - 1)), 1)
    await gone!.stop()
    const after = log.origin.seq + Math.floor(random() * (log.head - log.origin.seq))
    record.inject('reader from an older cursor', `${log.person.name} after ${after}`)
    readers.start(after)
  }
}

async function killServer(parley: Parley, record: StormRecord, random: Random): Promise<void> {
  for (let round = 1; !record.calm && !record.broken; round++) {
    await pause(300 + random() * 1_500)
    const drained = round % 4 === 0
    record.inject(drained ? 'server drained (SIGTERM)' : 'server killed (SIGKILL)')
    const exit = await parley.kill(drained ? 'SIGTERM' : 'SIGKILL')
    // One that had died by itself has another signal or code.
    if (drained ? exit.code !== 0 : exit.signal !== 'SIGKILL') {
      record.violate(`the server did not end as it was told: ${JSON.stringify(exit)}`)
    }
    await pause(random() < 0.5 ? 0 : random() * 500)
    await parley.restart()
    record.note('server back')
  }
}

/** Marks read, fetches the conversation, and compares it with what the events said; gives how often. */
async function checkSnapshots(
  api: Api,
  conversationId: string,
  log: PersonLog,
  record: StormRecord,
  random: Random
): Promise<number> {
  const path = `/api/conversations/${conversationId}`
  let compared = 0
  while (!record.calm && !record.broken) {
    await pause(random() * 150)
    try {
      if (random() < 0.3) await api.post(`${path}/read_messages`)
      const { status, headers, body } = await api.get<Conversation>(path)
      if (status === 200) log.refetched(headers.get('event-cursor')!, body)
    } catch {
      // The server is away; a snapshot more or less does not matter.
    }
    compared += log.compare()
  }
  return compared
}

async function findFaults(path: string, record: StormRecord): Promise<void> {
  const database = openConnection(path, 'writer')
  try {
    for (const { finding, rows } of await listFindings(openKysely(database), {})) {
      record.violate(`in the database ${finding} (${rows})`)
    }
  } finally {
    database.close()
  }
}

async function until(condition: () => boolean): Promise<void> {
  const endsAt = performance.now() + settleMs
  while (!condition() && performance.now() < endsAt) await pause(20)
}
