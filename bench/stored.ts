import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseConfig } from '../server/config.ts'
import { openStore } from '../server/open-store.ts'
import { createCrowd, readHeads, type Crowd, type Pair } from '../test/harness/crowd.ts'
import { startParley } from '../test/harness/parley.ts'
import { administer, createDatabase, type Postgres } from '../test/harness/postgres.ts'
import { writeHistoryOnPostgres } from './history-postgres.ts'
import { writeHistory } from './history.ts'
import type { Pages, SendersRun, Target } from './load/senders-process.ts'
import type { Bench, Row } from './result.ts'
import {
  engines,
  familySeconds,
  processorSeconds,
  serverCore,
  startPinnedPostgres,
  startSenders,
  type Engine
} from './servers.ts'

/**
 * Users who list their conversations; each has a page of conversations, with at least two pages of messages
 * in each.
 */
const viewers = 4
const contactsEach = 25
const leastMessages = 2 * contactsEach * viewers * 25

const content = 'hello jane, how are you?'

export const stored: Bench = {
  name: 'stored',
  title: 'With a million messages stored',
  description:
    'The same users send, and read pages, on stores with more and more messages, evenly distributed over conversations, keys ' +
    'and event logs. `Next to nothing stored` contains only what fills the pages read. Each store is created again each ' +
    'round, and all stores of an engine are used in turn, a second each; logs are not pruned. The processor time is compared, because other programs on the machine hardly ' +
    'affect it: that of the whole process, and of all of Postgres.',
  async run(size, log) {
    const [least, most] = [leastMessages, size === 'full' ? 1_000_000 : 2 * leastMessages]
    const [rounds, slices, ms, senders] = size === 'full' ? [3, 6, 1_000, 128] : [1, 1, 200, 8]
    const points: Record<Engine, number[]> = {
      SQLite: size === 'full' ? [least, 50_000, 250_000, most] : [least, most],
      Postgres: [least, most]
    }
    await using load = startSenders()
    const results = new Map(engines.map((engine) => [engine, points[engine].map((): Measured[] => [])]))
    for (let round = 0; round < rounds; round++) {
      for (const engine of engines) {
        for (const [index, result] of (await measure(engine)).entries()) {
          results.get(engine)![index]!.push(result)
          log(
            `${engine}, ${points[engine][index]} stored: ${result.map((value) => value.toPrecision(3)).join(', ')}`
          )
        }
      }
    }
    return {
      rows: engines.flatMap((engine) => {
        const [nothing, all] = [results.get(engine)![0]!, results.get(engine)!.at(-1)!]
        return whats.map((what, index): Row => ({
          ...what,
          what: `${engine}: ${what.what}`,
          parley: valuesOf(all, index),
          peer: { what: 'next to nothing stored', values: valuesOf(nothing, index) }
        }))
      }),
      curve: {
        along: 'messages stored',
        points: points.SQLite,
        lines: whats.map(({ what, unit }, index) => ({
          what: `SQLite: ${what}`,
          unit,
          values: results.get('SQLite')!.map((each) => valuesOf(each, index))
        }))
      }
    }

    async function measure(engine: Engine): Promise<Measured[]> {
      await using opened = new AsyncDisposableStack()
      const sides: Side[] = []
      for (const messages of points[engine]) {
        sides.push(opened.use(await startSide(engine, 2 * senders, messages)))
      }
      const rates: number[][] = sides.map(() => [])
      // In short turns, so that other load on the machine affects all of them.
      async function rate(drive: (side: Side) => Promise<SendersRun>): Promise<void> {
        const sums = sides.map(() => ({ answers: 0, seconds: 0, processor: 0 }))
        for (let slice = -1; slice < slices; slice++) {
          const turns = [...sides.entries()]
          for (const [index, side] of slice % 2 === 0 ? turns : turns.toReversed()) {
            const before = side.processor()
            const run = await drive(side)
            // The first turn warms up the compiler.
            if (slice < 0) continue
            const sum = sums[index]!
            sum.answers += sumOf(run.perTarget)
            sum.seconds += run.seconds
            sum.processor += side.processor() - before
          }
        }
        for (const [index, { answers, seconds, processor }] of sums.entries()) {
          rates[index]!.push(answers / seconds, answers / processor)
        }
      }
      function turn(pathsOf: (viewer: Viewer) => string[]): Promise<void> {
        return rate(({ port, seen }) => {
          const targets = seen.flatMap((viewer): Pages[] =>
            Array.from({ length: 4 }, () => ({ token: viewer.token, paths: pathsOf(viewer) }))
          )
          return load.call('read', { port, warmUpMs: 0, ms, targets })
        })
      }
      await turn(() => ['/api/conversations'])
      await turn(({ pages }) => pages.map(({ path }) => `${path}?peek=1`))
      await turn(({ pages }) => pages.map(({ path, middle }) => `${path}?before=${middle}`))

      const logged = await Promise.all(sides.map(eventsOf))
      await rate(async (side) => {
        const targets = side.pairs.map(({ conversationId, members: [sender] }): Target => ({
          token: sender.token,
          path: pathOf(conversationId)
        }))
        const run = await load.call('run', { port: side.port, warmUpMs: 0, ms, targets, content })
        // In the logs of two users each.
        logged[sides.indexOf(side)]! += 2 * sumOf(run.perTarget)
        return run
      })
      for (const [index, side] of sides.entries()) {
        const found = await eventsOf(side)
        if (found !== logged[index]) throw new Error(`${logged[index]} events should be logged, ${found} are`)
      }
      return rates.map((each, index) => [...each, sides[index]!.startSeconds])
    }
  }
}

/** A server on its own store. */
type Side = AsyncDisposable & {
  url: string
  port: number
  startSeconds: number
  members: Crowd['members']
  pairs: Pair[]
  seen: Viewer[]
  /** Processor time so far, with that of its Postgres, seconds. */
  processor: () => number
}

async function startSide(engine: Engine, people: number, messages: number): Promise<Side> {
  const stack = new AsyncDisposableStack()
  const postgres = engine === 'Postgres' ? stack.use(await startPinnedPostgres()) : null
  const { dataDir, url, members, pairs, seen } = await createHistory(people, messages, postgres)
  stack.defer(() => rm(dataDir, { recursive: true }))
  const startedAt = performance.now()
  const env = { PARLEY_LOG_LEVEL: 'warn', ...(url && { DATABASE_URL: url }) }
  const parley = stack.use(await startParley({ dataDir, env, core: serverCore }))
  return {
    url: parley.url,
    port: Number(new URL(parley.url).port),
    startSeconds: (performance.now() - startedAt) / 1_000,
    members,
    pairs,
    seen,
    processor: () => processorSeconds(parley.pid) + (postgres ? familySeconds(postgres.pid) : 0),
    [Symbol.asyncDispose]: () => stack.disposeAsync()
  }
}

/** One value for each of `whats`. */
type Measured = number[]
const whats: Pick<Row, 'what' | 'unit' | 'reach'>[] = [
  ...[
    'pages of conversations',
    'newest pages of messages',
    'pages from the middle of conversations',
    'sends'
  ].flatMap((what) => [
    { what: `${what} a second`, unit: '/s' },
    { what: `${what} a second of processor time`, unit: '/s', reach: { atLeast: 0.9 } }
  ]),
  { what: 'start to first answer', unit: 's' }
]
type Viewer = { token: string; pages: { path: string; middle: number }[] }

const pathOf = (conversationId: string) => `/api/conversations/${conversationId}/messages`
const valuesOf = (of: Measured[], what: number) => of.map((each) => each[what]!)
const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0)

/**
 * Returns a stopped store with `people`, in pairs, and viewers. The smallest store has messages in the
 * viewers' conversations only.
 */
async function createHistory(
  people: number,
  messages: number,
  postgres: Postgres | null
): Promise<Crowd & { seen: Viewer[]; url: string | null }> {
  const url = postgres && (await createDatabase(postgres.adminUrl))
  const database: DatabaseConfig | undefined = url ? { kind: 'postgres', url } : undefined
  const crowd = await createCrowd(Math.max(people, viewers + contactsEach), {
    paired: true,
    ...(database && { database })
  })
  const path = join(crowd.dataDir, 'parley.db')
  const contacts = await startConversations(database ?? { kind: 'sqlite', path }, crowd)
  const talking = messages > leastMessages ? [...contacts, ...crowd.pairs] : contacts
  if (postgres && url) {
    await writeHistoryOnPostgres(url, talking, messages)
    // Pending writes of the setup must not happen during the measurement.
    await administer(postgres.adminUrl, 'CHECKPOINT')
  } else writeHistory(path, talking, messages)
  const seen = crowd.members.slice(0, viewers).map(({ token }, index): Viewer => {
    const from = index * contactsEach
    const pages = contacts.slice(from, from + contactsEach).map(({ conversationId }, nth) => ({
      path: pathOf(conversationId),
      // Messages are numbered as sent, in turn, so the middle of all is the middle of each conversation.
      middle: Math.floor(messages / talking.length / 2) * talking.length + from + nth + 1
    }))
    return { token, pages }
  })
  return { ...crowd, seen, url }
}

/** Starts a conversation of each viewer with each user after the viewers. */
async function startConversations(database: DatabaseConfig, { members }: Crowd): Promise<Pair[]> {
  const store = await openStore(database)
  const others = members.slice(viewers, viewers + contactsEach)
  const pairs = await Promise.all(
    members.slice(0, viewers).flatMap((viewer) =>
      others.map(async (other): Promise<Pair> => {
        const { id } = await store.write('startDirectConversation', {
          me: viewer.user,
          other: other.user,
          now: Date.now()
        })
        return { conversationId: String(id), members: [viewer, other] }
      })
    )
  )
  await store.close()
  return pairs
}

/** Returns the number of events logged for all of a side's users. */
async function eventsOf({ url, members }: Side): Promise<number> {
  return sumOf(Object.values(await readHeads(url, members)))
}
