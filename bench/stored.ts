import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseConfig } from '../server/config.ts'
import { openStore } from '../server/open-store.ts'
import { makeCrowd, readHeads, type Crowd, type Pair } from '../test/harness/crowd.ts'
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

/** Who lists their conversations: each has a page of them, and each of those two pages of messages at least. */
const viewers = 4
const acquaintances = 25
const leastMessages = 2 * acquaintances * viewers * 25

export const stored: Bench = {
  name: 'stored',
  title: 'With a million messages stored',
  about:
    'The same people send, and turn pages, on stores with more and more messages in them, evenly in all conversations, keys ' +
    'and event logs and all. `Next to nothing stored` is what fills the pages that are turned. Each store is made anew each ' +
    'round; nothing is deleted from its log. The processor time decides, which other programs on the machine do ' +
    'not change much: that of the whole process, and of all of Postgres.',
  async run(size, log) {
    const [least, most] = [leastMessages, size === 'full' ? 1_000_000 : 2 * leastMessages]
    const [rounds, ms, senders] = size === 'full' ? [3, 3_000, 128] : [1, 200, 8]
    const points: Record<Engine, number[]> = {
      SQLite: size === 'full' ? [least, 50_000, 250_000, most] : [least, most],
      Postgres: [least, most]
    }
    await using load = startSenders()
    const results = new Map(engines.map((engine) => [engine, points[engine].map((): Measured[] => [])]))
    for (let round = 0; round < rounds; round++) {
      for (const engine of engines) {
        for (const [index, messages] of points[engine].entries()) {
          const result = await measure(engine, messages)
          results.get(engine)![index]!.push(result)
          log(`${engine}, ${messages} stored: ${result.map((value) => value.toPrecision(3)).join(', ')}`)
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

    async function measure(engine: Engine, messages: number): Promise<Measured> {
      await using postgres = engine === 'Postgres' ? await startPinnedPostgres() : null
      const { dataDir, url, members, pairs, seen } = await makeHistory(2 * senders, messages, postgres)
      try {
        const startedAt = performance.now()
        await using parley = await startParley({
          dataDir,
          env: { PARLEY_LOG_LEVEL: 'warn', ...(url && { DATABASE_URL: url }) },
          core: serverCore
        })
        const processor = () => processorSeconds(parley.pid) + (postgres ? familySeconds(postgres.pid) : 0)
        const startSeconds = (performance.now() - startedAt) / 1_000
        const timing = { port: Number(new URL(parley.url).port), warmUpMs: ms / 4, ms }
        const rates: number[] = []
        async function rate(drive: () => Promise<SendersRun>): Promise<SendersRun> {
          const before = processor()
          const run = await drive()
          const seconds = processor() - before
          rates.push(run.answers / run.seconds, sumOf(run.perTarget) / seconds)
          return run
        }
        function turn(pathsOf: (viewer: Viewer) => string[]): Promise<SendersRun> {
          const targets = seen.flatMap((viewer): Pages[] =>
            Array.from({ length: 4 }, () => ({ token: viewer.token, paths: pathsOf(viewer) }))
          )
          return rate(() => load.call('read', { ...timing, targets }))
        }
        await turn(() => ['/api/conversations'])
        await turn(({ pages }) => pages.map(({ path }) => `${path}?peek=1`))
        await turn(({ pages }) => pages.map(({ path, middle }) => `${path}?before=${middle}`))

        const before = await eventsOf(parley.url, members)
        const targets = pairs.map(({ conversationId, members: [sender] }): Target => ({
          token: sender.token,
          path: pathOf(conversationId)
        }))
        const content = 'hello jane, how are you?'
        const { perTarget } = await rate(() => load.call('run', { ...timing, targets, content }))
        const acknowledged = sumOf(perTarget)
        const logged = (await eventsOf(parley.url, members)) - before
        if (logged !== 2 * acknowledged) {
          throw new Error(`${acknowledged} were acknowledged, and ${logged} events logged for two each`)
        }
        return [...rates, startSeconds]
      } finally {
        await rm(dataDir, { recursive: true })
      }
    }
  }
}

/** A value for each of `whats`. */
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

/** A stopped store with `people`, in pairs, and viewers; the least there can be is in the viewers' conversations alone. */
async function makeHistory(
  people: number,
  messages: number,
  postgres: Postgres | null
): Promise<Crowd & { seen: Viewer[]; url: string | null }> {
  const url = postgres && (await createDatabase(postgres.adminUrl))
  const database: DatabaseConfig | undefined = url ? { kind: 'postgres', url } : undefined
  const crowd = await makeCrowd(Math.max(people, viewers + acquaintances), {
    paired: true,
    ...(database && { database })
  })
  const path = join(crowd.dataDir, 'parley.db')
  const acquainted = await acquaint(database ?? { kind: 'sqlite', path }, crowd)
  const talking = messages > leastMessages ? [...acquainted, ...crowd.pairs] : acquainted
  if (postgres && url) {
    await writeHistoryOnPostgres(url, talking, messages)
    // What filling it left to be written is not to be written while it is measured.
    await administer(postgres.adminUrl, 'CHECKPOINT')
  } else writeHistory(path, talking, messages)
  const seen = crowd.members.slice(0, viewers).map(({ token }, index): Viewer => {
    const from = index * acquaintances
    const pages = acquainted.slice(from, from + acquaintances).map(({ conversationId }, nth) => ({
      path: pathOf(conversationId),
      // They are numbered as they were sent, in turn; in the middle of all there is the middle of each.
      middle: Math.floor(messages / talking.length / 2) * talking.length + from + nth + 1
    }))
    return { token, pages }
  })
  return { ...crowd, seen, url }
}

/** A conversation of each viewer with each of those who come after the viewers. */
async function acquaint(database: DatabaseConfig, { members }: Crowd): Promise<Pair[]> {
  const store = await openStore(database)
  const others = members.slice(viewers, viewers + acquaintances)
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

/** What is logged for all of them together. */
async function eventsOf(url: string, members: Crowd['members']): Promise<number> {
  return sumOf(Object.values(await readHeads(url, members)))
}
