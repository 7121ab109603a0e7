import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore } from '../server/open-store.ts'
import { makeCrowd, readHeads, type Crowd, type Pair } from '../test/harness/crowd.ts'
import { startParley } from '../test/harness/parley.ts'
import { writeHistory } from './history.ts'
import type { Pages, SendersRun, Target } from './load/senders-process.ts'
import type { Bench, Row } from './result.ts'
import { processorSeconds, serverCore, startSenders } from './servers.ts'

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
    'round; nothing is deleted from its log. The processor time of the whole process decides, which other programs on the ' +
    'machine do not change much.',
  async run(size, log) {
    const [rounds, ms, senders, points] =
      size === 'full'
        ? [3, 3_000, 128, [leastMessages, 50_000, 250_000, 1_000_000]]
        : [1, 200, 8, [leastMessages, 2 * leastMessages]]
    await using load = startSenders()
    const results: Measured[][] = points.map(() => [])
    for (let round = 0; round < rounds; round++) {
      for (const [index, messages] of points.entries()) {
        const result = await measure(messages)
        results[index]!.push(result)
        log(`${messages} stored: ${result.map((value) => value.toPrecision(3)).join(', ')}`)
      }
    }
    const valuesOf = (of: Measured[], what: number) => of.map((each) => each[what]!)
    const peerOf = (what: number) => ({
      what: 'next to nothing stored',
      values: valuesOf(results[0]!, what)
    })
    return {
      rows: whats.map((what, index) => ({
        ...what,
        parley: valuesOf(results.at(-1)!, index),
        peer: peerOf(index)
      })),
      curve: {
        along: 'messages stored',
        points,
        lines: whats.map(({ what, unit }, index) => ({
          what,
          unit,
          values: results.map((each) => valuesOf(each, index))
        }))
      }
    }

    async function measure(messages: number): Promise<Measured> {
      const { dataDir, members, pairs, seen } = await makeHistory(2 * senders, messages)
      try {
        const startedAt = performance.now()
        await using parley = await startParley({
          dataDir,
          env: { PARLEY_LOG_LEVEL: 'warn' },
          core: serverCore
        })
        const startSeconds = (performance.now() - startedAt) / 1_000
        const timing = { port: Number(new URL(parley.url).port), warmUpMs: ms / 4, ms }
        const rates: number[] = []
        async function rate(drive: () => Promise<SendersRun>): Promise<SendersRun> {
          const before = processorSeconds(parley.pid)
          const run = await drive()
          const seconds = processorSeconds(parley.pid) - before
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
const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0)

/** A stopped store with `people`, in pairs, and viewers; the least there can be is in the viewers' conversations alone. */
async function makeHistory(people: number, messages: number): Promise<Crowd & { seen: Viewer[] }> {
  const crowd = await makeCrowd(Math.max(people, viewers + acquaintances), { paired: true })
  const path = join(crowd.dataDir, 'parley.db')
  const acquainted = await acquaint(path, crowd)
  writeHistory(path, messages > leastMessages ? [...crowd.pairs, ...acquainted] : acquainted, messages)
  const database = new DatabaseSync(path)
  const middle = database.prepare(
    `SELECT messages.id FROM conversations JOIN messages
       ON messages.conversation_id = conversations.id AND position = last_position / 2 + 1
     WHERE conversations.id = ?`
  )
  const seen = crowd.members.slice(0, viewers).map(({ token }, index): Viewer => {
    const own = acquainted.slice(index * acquaintances, (index + 1) * acquaintances)
    const pages = own.map(({ conversationId }) => ({
      path: pathOf(conversationId),
      middle: Number(middle.get(conversationId)!['id'])
    }))
    return { token, pages }
  })
  database.close()
  return { ...crowd, seen }
}

/** A conversation of each viewer with each of those who come after the viewers. */
async function acquaint(path: string, { members }: Crowd): Promise<Pair[]> {
  const store = await openStore({ kind: 'sqlite', path })
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
