import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore } from '../server/open-store.ts'
import { makeCrowd, readHeads, type Crowd, type Pair } from '../test/harness/crowd.ts'
import { startParley } from '../test/harness/parley.ts'
import { writeHistory } from './history.ts'
import type { Pages, Target } from './load/senders-process.ts'
import type { Bench, Row } from './result.ts'
import { serverCore, startSenders } from './servers.ts'

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
    'round; nothing is deleted from its log.',
  async run(size, log) {
    const [rounds, ms, senders, points] =
      size === 'full'
        ? [3, 3_000, 128, [leastMessages, 50_000, 250_000, 1_000_000]]
        : [1, 200, 8, [leastMessages, 20_000]]
    await using load = startSenders()
    const results: Measured[][] = points.map(() => [])
    for (let round = 0; round < rounds; round++) {
      for (const [index, messages] of points.entries()) {
        const result = await measure(messages)
        results[index]!.push(result)
        log(
          `${messages} stored: ${whats.map(({ key, unit }) => `${format(result[key])} ${unit}`).join(', ')}`
        )
      }
    }
    const valuesOf = (of: Measured[], key: keyof Measured) => of.map((each) => each[key])
    const [least, most] = [results[0]!, results.at(-1)!]
    return {
      rows: whats.map(({ what, unit, key, reach }): Row => {
        const peer = { what: 'next to nothing stored', values: valuesOf(least, key) }
        return { what, unit, parley: valuesOf(most, key), peer, ...(reach && { reach }) }
      }),
      curve: {
        along: 'messages stored',
        points,
        lines: whats.map(({ what, unit, key }) => ({
          what,
          unit,
          values: results.map((each) => valuesOf(each, key))
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
        async function pagesASecond(pathsOf: (viewer: Viewer) => string[]): Promise<number> {
          const targets = seen.flatMap((viewer): Pages[] =>
            Array.from({ length: 4 }, () => ({ token: viewer.token, paths: pathsOf(viewer) }))
          )
          const { answers, seconds } = await load.call('read', { ...timing, targets })
          return answers / seconds
        }
        const lists = await pagesASecond(() => ['/api/conversations'])
        const newest = await pagesASecond(({ pages }) => pages.map(({ path }) => `${path}?peek=1`))
        const old = await pagesASecond(({ pages }) =>
          pages.map(({ path, middle }) => `${path}?before=${middle}`)
        )

        const before = await eventsOf(parley.url, members)
        const targets = pairs.map(({ conversationId, members: [sender] }): Target => ({
          token: sender.token,
          path: pathOf(conversationId)
        }))
        const run = await load.call('run', { ...timing, targets, content: 'hello jane, how are you?' })
        const acknowledged = run.perTarget.reduce((sum, count) => sum + count, 0)
        const logged = (await eventsOf(parley.url, members)) - before
        if (logged !== 2 * acknowledged) {
          throw new Error(`${acknowledged} were acknowledged, and ${logged} events logged for two each`)
        }
        return { sends: run.answers / run.seconds, lists, newest, old, startSeconds }
      } finally {
        await rm(dataDir, { recursive: true })
      }
    }
  }
}

type Measured = { sends: number; lists: number; newest: number; old: number; startSeconds: number }
const whats: { what: string; unit: string; key: keyof Measured; reach?: Row['reach'] }[] = [
  { what: 'sends answered a second', unit: '/s', key: 'sends', reach: { atLeast: 0.9 } },
  { what: 'pages of conversations a second', unit: '/s', key: 'lists', reach: { atLeast: 0.9 } },
  { what: 'newest pages of messages a second', unit: '/s', key: 'newest', reach: { atLeast: 0.9 } },
  { what: 'pages from the middle a second', unit: '/s', key: 'old', reach: { atLeast: 0.9 } },
  { what: 'start to first answer', unit: 's', key: 'startSeconds' }
]
type Viewer = { token: string; pages: { path: string; middle: number }[] }

const pathOf = (conversationId: string) => `/api/conversations/${conversationId}/messages`
const format = (value: number) => value.toFixed(value < 10 ? 2 : 0)

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
  return Object.values(await readHeads(url, members)).reduce((sum, head) => sum + head, 0)
}
