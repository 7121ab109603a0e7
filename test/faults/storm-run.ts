import { parseCursor } from '@parley/contract/cursor'
import { apiWith, loginAs, type Api } from '../harness/api.ts'
import { runActor } from './storm-actor.ts'
import { countRequests } from './storm-requests.ts'
import { runChecker } from './storm-checker.ts'
import { gatherCrowd, replaceReaders } from './storm-crowd.ts'
import type { Storm, StormWorld } from './storm-link.ts'
import { openPersonLog } from './storm-log.ts'
import { startNewcomers } from './storm-newcomers.ts'
import { isInjecting, pause, randomOf, type StormRecord } from './storm-record.ts'
import { settle } from './storm-settlement.ts'
import { runWriter } from './storm-writer.ts'

export type { StormWorld } from './storm-link.ts'

export type StormOptions = {
  seed: number
  ms: number
  /**
   * Continues until each fault was injected and each act done often enough, up to a limit: the speed of a
   * busy machine is unknown.
   */
  everyFault?: boolean
  /** Keeps rate limits enabled: refused actors wait as requested, and no delivery deadline applies. */
  rateLimits?: boolean
  log?: (line: string) => void
}
export type StormResult = {
  /** How often each fault was injected. */
  faults: Record<string, number>
  /** How often each act was acknowledged or refused. */
  acts: Record<string, number>
  refusals: Record<string, number>
  messages: number
  /** Number of answers to acts that were checked against the group's state at the time. */
  judged: number
  snapshots: number
  /** Number of all responses checked. */
  answers: number
  timeline: readonly string[]
  /** Other measurements. */
  measured?: Record<string, number>
}

const writersPerPerson = 4
/** Actors with writers; the others only perform group acts. */
const writers = ['john', 'jane']
const others = ['mary', 'paul', 'lisa', 'otto', 'nina', 'hugo', 'rosa', 'emil', 'ida', 'karl']
const readersOf = (name: string) => (writers.includes(name) ? 6 : 2)
/** Minimum time between newcomers, ms. */
const newcomerMs = 750
/** Minimum number of messages and acts of a storm with `everyFault`. */
export const enough = 200
const settleMs = 90_000
const longerMs = 60_000
export const timelineShown = 200

/** Settings of every server in a storm. */
export const stormEnv = {
  PARLEY_LOG_LEVEL: 'error',
  PARLEY_DRAIN_SECONDS: '0.5',
  // Readers sign in repeatedly.
  PARLEY_SESSIONS_PER_USER: '100000',
  // Streams send often enough for a reader to detect a dead one, and also end by themselves.
  PARLEY_SYNC_INTERVAL_SECONDS: '0.5',
  PARLEY_STREAM_MAX_LIFE_MINUTES: '0.2',
  // The whole log is retained, so every reset is a violation.
  PARLEY_EVENTS_KEEP_COUNT: '100000000'
}

/**
 * Injects faults for `ms` and checks all invariants meanwhile and afterwards. Throws with the seed, the
 * timeline and the counts if an invariant is violated.
 */
export async function runThrough(
  world: StormWorld,
  record: StormRecord,
  options: StormOptions
): Promise<StormResult> {
  const { seed } = options
  const storm: Storm = { world, record, seed, links: new Set() }
  let counts = { snapshots: 0, judged: 0 }
  try {
    counts = await runPhases(storm, options)
  } catch (error) {
    record.violate(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  const { done, refused } = countRequests(record.requests)
  const result = {
    faults: record.counts,
    acts: done,
    refusals: refused,
    messages: record.acknowledged.size,
    ...counts,
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

/** Formats the counts, one per line. */
export function tableOf(result: Omit<StormResult, 'timeline'>): string {
  const { faults, acts, refusals, messages, judged, snapshots, answers, measured } = result
  const counts = {
    ...faults,
    ...acts,
    ...refusals,
    'answers to acts judged': judged,
    'messages acknowledged': messages,
    'snapshots compared': snapshots,
    'answers judged': answers,
    ...measured
  }
  return Object.entries(counts)
    .map(([what, count]) => `${what.padEnd(42)}${String(count).padStart(8)}`)
    .join('\n')
}

/** Returns how many snapshots were compared and how many acts were judged. */
async function runPhases(storm: Storm, { ms, everyFault = false, log = () => {} }: StormOptions) {
  const { world, record, seed } = storm
  const newcomers = Array.from({ length: Math.ceil(ms / newcomerMs) }, (_, i) => `newcomer-${i + 1}`)
  await world.addUsers([...others, ...newcomers])
  const url = world.url(randomOf(seed, 'the beginning'))
  const [node, host] = [world.signIn.url(randomOf(seed, 'the beginning')), world.signIn.host()]
  const people = await Promise.all(
    [...writers, ...others].map(async (name) => {
      const { token, user } = await loginAs(node, name, `http://${host}`)
      return apiWith(url, token, user)
    })
  )
  const { id: directId } = await people[0]!.conversationWith('jane')
  const epoch = await epochOf(people[0]!)
  const crowds = people.map((api) => {
    const person = { id: api.user.id, name: api.user.username }
    return gatherCrowd(storm, openPersonLog(record, person, epoch), readersOf(person.name))
  })
  const friends = people.map(({ user }) => user)

  const acting = people.flatMap((api, i) => [
    replaceReaders(storm, crowds[i]!),
    runActor({ storm, me: api, log: crowds[i]!.log, friends, directId, number: 500 + i })
  ])
  const writing = people.slice(0, writers.length).flatMap((api, i) => [
    ...Array.from({ length: writersPerPerson }, (_, j) =>
      runWriter({
        storm,
        name: `${api.user.username}'s writer ${j + 1}`,
        number: i * writersPerPerson + j,
        token: api.token,
        conversationId: directId
      })
    ),
    runChecker({ storm, token: api.token, log: crowds[i]!.log }),
    startNewcomers({
      storm,
      host: api,
      epoch,
      newcomers: newcomers.filter((_, j) => j % writers.length === i),
      numberFrom: 1_000 * (i + 1)
    })
  ])
  const breaking = world.breakers.map((breaker, i) => breaker(record, randomOf(seed, `breaker ${i}`)))
  const all = Promise.all([...acting, ...writing, ...breaking]).catch((error: Error) =>
    record.violate(error.stack!)
  )

  await injectFaults(record, { ms, everyFault, log })
  record.calm = true
  record.note('calm')
  let isOver = false
  void all.then(() => (isOver = true))
  await until(record, () => {
    // Releases what a proxy holds back or slows down.
    for (const link of storm.links) link.suffer({})
    return isOver
  })
  if (!isOver && !record.broken) record.violate('work that began before the calm never ended')

  const judged = record.broken ? 0 : await settle(record, people, crowds, (isThere) => until(record, isThere))
  await Promise.all(crowds.flatMap(({ readers }) => readers.map((reader) => reader.stop())))
  await Promise.all([...storm.links].map((link) => link.close()))
  await world.inspect(record)
  return { judged, snapshots: crowds.reduce((sum, { log: { compared } }) => sum + compared, 0) }
}

async function injectFaults(
  record: StormRecord,
  { ms, everyFault, log }: Required<Omit<StormOptions, 'seed' | 'rateLimits'>>
): Promise<void> {
  const endsAt = performance.now() + ms
  let saidAt = performance.now()
  const isComplete = () =>
    record.acknowledged.size > enough &&
    record.requests.length > enough &&
    [record.counts, countRequests(record.requests).done].every((counts) =>
      Object.values(counts).every((count) => count > 0)
    )
  const isDone = () =>
    performance.now() >= endsAt + longerMs || (performance.now() >= endsAt && (!everyFault || isComplete()))
  while (isInjecting(record) && !isDone()) {
    await pause(50)
    if (performance.now() - saidAt < 10_000) continue
    saidAt = performance.now()
    log(
      `${record.acknowledged.size} messages, ${record.requests.length} acts, ${record.timeline.length} faults`
    )
  }
}

async function epochOf(api: Api): Promise<string> {
  const { headers } = await api.get('/api/conversations')
  return parseCursor(headers.get('event-cursor')!)!.epoch
}

async function until(record: StormRecord, condition: () => boolean): Promise<void> {
  const endsAt = performance.now() + settleMs
  while (!condition() && performance.now() < endsAt && !record.broken) await pause(20)
}
