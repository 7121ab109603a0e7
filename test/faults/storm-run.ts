import { formatCursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/entities'
import { loginAs, type Api } from '../harness/api.ts'
import { runChecker } from './storm-checker.ts'
import { startClientReader } from './storm-client.ts'
import type { Storm, StormWorld } from './storm-link.ts'
import { openPersonLog, type PersonLog } from './storm-log.ts'
import { meetNewcomers } from './storm-newcomers.ts'
import { startReader, type StormReader } from './storm-reader.ts'
import { pause, randomOf, type StormRecord } from './storm-record.ts'
import { runWriter } from './storm-writer.ts'

export type { StormWorld } from './storm-link.ts'

export type StormOptions = {
  seed: number
  ms: number
  /** Rages on until each fault was injected, but not for ever: what a busy machine does in a time is not known. */
  everyFault?: boolean
  log?: (line: string) => void
}
export type StormResult = {
  /** How often each fault was injected. */
  faults: Record<string, number>
  messages: number
  snapshots: number
  /** Answers, of every kind, that were held against Parley. */
  answers: number
  timeline: readonly string[]
  /** What else was measured. */
  measured?: Record<string, number>
}

const writersPerPerson = 6
const readersPerPerson = 6
/** A newcomer to talk to is there so often at most. */
const newcomerMs = 750
const settleMs = 90_000
const longerMs = 60_000
export const timelineShown = 200

/** Of every server in a storm. */
export const stormEnv = {
  PARLEY_LOG_LEVEL: 'error',
  PARLEY_DRAIN_SECONDS: '0.5',
  // Streams speak often enough for a reader to tell a dead one, and end by themselves too.
  PARLEY_SYNC_INTERVAL_SECONDS: '0.5',
  PARLEY_STREAM_MAX_LIFE_MINUTES: '0.2',
  // A log that is kept whole: every reset is then a fault.
  PARLEY_EVENTS_KEEP_COUNT: '100000000'
}

/**
 * Injects faults for `ms` and holds Parley to its promise meanwhile and afterwards. Throws with the seed, the timeline
 * and the counts when an invariant breaks.
 */
export async function runThrough(
  world: StormWorld,
  record: StormRecord,
  options: StormOptions
): Promise<StormResult> {
  const { seed } = options
  const storm: Storm = { world, record, seed, links: new Set() }
  let snapshots = 0
  try {
    snapshots = await rage(storm, options)
  } catch (error) {
    record.violate(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  const result = {
    faults: record.counts,
    messages: record.acknowledged.size,
    snapshots,
    answers: record.answers,
    timeline: record.timeline
  }
  if (record.broken) {
    const shown = record.timeline.slice(-timelineShown).join('\n')
    const printed = world.output().slice(-4_000)
    throw new Error(
      `${record.broken}\nseed ${seed}\n${shown}\n${tableOf(result)}\nParley printed:\n${printed}`
    )
  }
  return result
}

/** The counts, a line each. */
export function tableOf(result: Omit<StormResult, 'timeline'>): string {
  const { faults, messages, snapshots, answers, measured } = result
  const counts = {
    ...faults,
    'messages acknowledged': messages,
    'snapshots compared': snapshots,
    'answers judged': answers,
    ...measured
  }
  return Object.entries(counts)
    .map(([what, count]) => `${what.padEnd(42)}${String(count).padStart(8)}`)
    .join('\n')
}

/** Gives how many snapshots were compared. */
async function rage(storm: Storm, { ms, everyFault = false, log = () => {} }: StormOptions): Promise<number> {
  const { world, record, seed } = storm
  const newcomers = Array.from({ length: Math.ceil(ms / newcomerMs) }, (_, i) => `newcomer-${i + 1}`)
  await world.addUsers(newcomers)
  const url = world.url(randomOf(seed, 'the beginning'))
  const people = [await loginAs(url, 'john'), await loginAs(url, 'jane')]
  const { id } = await people[0]!.conversationWith('jane')
  const logs = await Promise.all(people.map((api) => openLogOf(record, api, id)))
  const crowds = logs.map((log) => gather(storm, log))

  const acting = people.flatMap((api, i) => [
    ...Array.from({ length: writersPerPerson }, (_, j) =>
      runWriter({
        storm,
        name: `${api.user.username}'s writer ${j + 1}`,
        number: i * writersPerPerson + j,
        token: api.token,
        conversationId: id
      })
    ),
    runChecker({ storm, token: api.token, log: logs[i]! }),
    turnOver(storm, crowds[i]!),
    meetNewcomers({
      storm,
      host: api,
      epoch: logs[i]!.origin.epoch,
      newcomers: newcomers.filter((_, j) => j % people.length === i),
      numberFrom: 1_000 * (i + 1)
    })
  ])
  const breaking = world.breakers.map((breaker, i) => breaker(record, randomOf(seed, `breaker ${i}`)))
  const all = Promise.all([...acting, ...breaking]).catch((error: Error) => record.violate(error.stack!))

  const endsAt = performance.now() + ms
  let saidAt = performance.now()
  const isDone = () =>
    performance.now() >= endsAt + longerMs ||
    (performance.now() >= endsAt && (!everyFault || Object.values(record.counts).every((count) => count > 0)))
  while (!isDone() && !record.broken) {
    await pause(50)
    if (performance.now() - saidAt < 10_000) continue
    saidAt = performance.now()
    log(`${record.acknowledged.size} messages, ${record.timeline.length} faults`)
  }
  record.calm = true
  record.note('calm')
  let isOver = false
  void all.then(() => (isOver = true))
  await until(record, () => {
    // What a proxy holds back it lets go, and what it slows down it does not.
    for (const link of storm.links) link.suffer({})
    return isOver
  })
  if (!isOver && !record.broken) record.violate('what was begun before the calm never ended')

  for (const [i, api] of people.entries()) {
    if (!record.broken) await settle(record, api, id, logs[i]!, crowds[i]!)
  }
  await Promise.all(crowds.flatMap(({ readers }) => readers.map((reader) => reader.stop())))
  await Promise.all([...storm.links].map((link) => link.close()))
  await world.inspect(record)
  return logs.reduce((sum, { compared }) => sum + compared, 0)
}

async function openLogOf(record: StormRecord, api: Api, conversationId: string): Promise<PersonLog> {
  const { headers } = await api.get(`/api/conversations/${conversationId}`)
  const person = { id: api.user.id, name: api.user.username }
  return openPersonLog(record, person, headers.get('event-cursor')!, [conversationId])
}

/** Everything has arrived: the state is refetched, every reader is at the head, and nothing is missing or too much. */
async function settle(
  record: StormRecord,
  api: Api,
  conversationId: string,
  log: PersonLog,
  { readers }: Crowd
): Promise<void> {
  const { headers, body } = await api.get<Conversation>(`/api/conversations/${conversationId}`)
  const cursor = headers.get('event-cursor')!
  log.refetchedConversation(cursor, body)
  const list = await api.get<Conversation[]>('/api/conversations')
  log.refetchedList(list.headers.get('event-cursor'), list.body)
  const isThere = ({ seq }: StormReader) => formatCursor({ epoch: log.origin.epoch, seq }) === cursor
  await until(record, () => readers.every(isThere))
  for (const reader of readers) {
    if (!isThere(reader)) {
      record.violate(`${reader.name} is at ${reader.seq}, its log at ${cursor}; ${reader.state}`)
    }
  }
  const mine = [...record.acknowledged].filter(([, message]) => log.conversations.has(message.conversationId))
  for (const [key, message] of mine) {
    if (!log.delivered.has(message.id)) {
      record.violate(`message ${message.id} (${key}) was acknowledged, ${log.person.name} never got it`)
    }
  }
  // Every writer went on until it was acknowledged: one more delivered is a retry that was stored twice.
  if (log.delivered.size !== mine.length) {
    record.violate(`${mine.length} were sent, ${log.person.name} got ${log.delivered.size}`)
  }
}

/** The readers of one person. */
type Crowd = { readers: StormReader[]; log: PersonLog; start(after: number): void }

function gather(storm: Storm, log: PersonLog): Crowd {
  let number = 0
  const crowd: Crowd = {
    readers: [],
    log,
    start(after) {
      const name = `${log.person.name}'s reader ${++number}`
      const start = number % 3 === 0 ? startClientReader : startReader
      crowd.readers.push(start({ name, storm, log, after }))
    }
  }
  for (let i = 0; i < readersPerPerson; i++) crowd.start(log.origin.seq)
  return crowd
}

/** Readers go for good, and others come with an older cursor. The first stays: it is the one that reads everything. */
async function turnOver({ record, seed }: Storm, crowd: Crowd): Promise<void> {
  const { readers, log } = crowd
  const random = randomOf(seed, `${log.person.name}'s crowd`)
  while (!record.calm && !record.broken) {
    await pause(200 + random() * 1_500)
    const [gone] = readers.splice(1 + Math.floor(random() * (readers.length - 1)), 1)
    await gone!.stop()
    const after = log.origin.seq + Math.floor(random() * (log.head - log.origin.seq))
    record.inject('reader from an older cursor', `${log.person.name} after ${after}`)
    crowd.start(after)
  }
}

async function until(record: StormRecord, condition: () => boolean): Promise<void> {
  const endsAt = performance.now() + settleMs
  while (!condition() && performance.now() < endsAt && !record.broken) await pause(20)
}
