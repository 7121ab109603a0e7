import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import type { Message } from '@parley/contract/messages'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'

/**
 * Returns a command that kills Parley when one of its threads enters the system call for the `nth` time. With
 * `-D` the started process is Parley and strace is its companion.
 */
const killedAt = (call: string, nth: number, file?: (dataDir: string) => string) => (dataDir: string) => [
  'strace',
  '-D',
  '-f',
  '-qqq',
  '-o',
  `${dataDir}/strace`,
  ...(file ? ['-P', file(dataDir)] : []),
  '-e',
  `trace=${call}`,
  '-e',
  `inject=${call}:signal=SIGKILL:when=${nth}`
]

type Outcome = {
  /** Messages that were stored but never acknowledged. */
  unacknowledged: number
}

async function crash(under: (dataDir: string) => string[]): Promise<Outcome> {
  await using parley = await startParley({ under })
  const people = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  const { id } = await people[0]!.conversationWith('jane')
  const path = `/api/conversations/${id}/messages`
  const streams = await Promise.all(people.map((api) => openStream(parley.url, api.token)))
  await Promise.all(streams.map((stream) => stream.until((event) => event.name === 'sync')))

  const acknowledged = new Map<string, Message>()
  const unknown: { api: Api; clientId: string }[] = []
  const send = async (api: Api, clientId: string) => api.post<Message>(path, { content: clientId, clientId })
  await Promise.all(
    [...people, ...people, ...people].map(async (api) => {
      for (;;) {
        const clientId = randomUUID()
        const answer = await send(api, clientId).catch(() => null)
        if (!answer) return void unknown.push({ api, clientId })
        expect(answer.status).toBe(201)
        acknowledged.set(clientId, answer.body)
      }
    })
  )
  expect(acknowledged.size).toBeGreaterThan(0)
  expect(await parley.kill()).toEqual({ code: null, signal: 'SIGKILL' })
  await Promise.all(streams.map((stream) => stream.ended))
  await parley.restart()

  const before = await history(people[0]!, path)
  for (const { id, content } of acknowledged.values()) {
    expect(before.filter((message) => message.content === content)).toMatchObject([{ id }])
  }
  for (const { api, clientId } of unknown) {
    const { status, body } = await send(api, clientId)
    expect(status).toBe(201)
    const stored = before.find((message) => message.content === clientId)
    expect(body.id).toBe(stored?.id ?? body.id)
    acknowledged.set(clientId, body)
  }
  const after = await history(people[0]!, path)
  expect(after.map(({ content }) => content).toSorted()).toEqual([...acknowledged.keys()].toSorted())
  expect(after.map(({ position }) => position)).toEqual(after.map((_, i) => i + 1))

  // The streams' events, plus those after their cursors, are the whole log, once, in one order.
  for (const [i, stream] of streams.entries()) {
    const resumed = await openStream(parley.url, people[i]!.token, { lastEventId: stream.lastEventId })
    await resumed.until((event) => event.name === 'sync')
    resumed.cut()
    const events = [...stream.seen, ...resumed.seen].filter((event) => event.id !== null)
    const first = parseCursor(events[0]!.id!)!
    expect(events.map((event) => event.id)).toEqual(
      events.map((_, n) => formatCursor({ ...first, seq: first.seq + n }))
    )
    expect(events.map((event) => (event.data as Message).id)).toEqual(after.map(({ id }) => id))
  }
  return {
    unacknowledged: unknown.filter(({ clientId }) => before.some(({ content }) => content === clientId))
      .length
  }
}

/** Returns the messages, oldest first. */
async function history(api: Api, path: string): Promise<Message[]> {
  const messages: Message[] = []
  for (let before = ''; ;) {
    const { body } = await api.get<Message[]>(`${path}?peek=1${before && `&before=${before}`}`)
    if (body.length === 0) return messages.toReversed()
    messages.push(...body)
    before = body.at(-1)!.id
  }
}

// The mark is written right after the commit, before anything is published.
test.concurrent.each([5, 9])(
  'D1, E1, S1: after a kill between a commit and its acknowledgement (commit %i), the message is stored once, delivered once, and found by its retry',
  async (nth) => {
    const { unacknowledged } = await crash(
      killedAt('pwrite64', nth, (dataDir) => `${dataDir}/parley.db.mark`)
    )
    expect(unacknowledged).toBeGreaterThan(0)
  }
)

test.concurrent.each([25])(
  'D1, E1, S1: a kill at sync %i of the write-ahead log loses and duplicates nothing',
  async (nth) => {
    await crash(killedAt('fsync', nth, (dataDir) => `${dataDir}/parley.db-wal`))
  }
)

test.concurrent.each([120, 233])(
  "D1, E1, S1: a kill during a thread's write (call %i), among the responses and wakes of a commit, loses and duplicates nothing",
  async (nth) => {
    await crash(killedAt('write', nth))
  }
)
