import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { apiWith, loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'
import { openTcpProxy } from '../harness/tcp-proxy.ts'

let parley: Parley
let john: Api
let jane: Api
let path: string
beforeAll(async () => {
  parley = await startParley()
  john = await loginAs(parley.url, 'john')
  jane = await loginAs(parley.url, 'jane')
  path = `/api/conversations/${(await john.conversationWith('jane')).id}/messages`
})
afterAll(() => parley.stop())

const send = (api: Api, content: string, clientId: string) => api.post<Message>(path, { content, clientId })

/** Counts how often the newest page contains it. */
async function countOf(content: string): Promise<number> {
  const { body } = await jane.get<Message[]>(`${path}?peek=1`)
  return body.filter((message) => message.content === content).length
}

test('E1: a hundred concurrent POSTs with one key create one message with one id and one event', async () => {
  const clientId = randomUUID()
  const hers = await openStream(parley.url, jane.token)
  await hers.until((event) => event.name === 'sync')
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(john, 'at once', clientId)))
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(201))
  for (const { body } of answers) expect(body).toEqual(answers[0]!.body)
  const last = await john.send(answers[0]!.body.conversationId, 'after them')
  await hers.until((event) => (event.data as { id?: string }).id === last.id)
  expect(hers.seen.filter((event) => event.name === 'message')).toHaveLength(2)
  expect(await countOf('at once')).toBe(1)
  hers.cut()
})

test('E1: a retry after a response cut at any byte, or after the server was killed, gets the first response', async () => {
  await using proxy = await openTcpProxy({ port: Number(new URL(parley.url).port) })
  const through = apiWith(proxy.url, john.token, john.user)
  const whole = await send(through, 'measured', randomUUID())
  const bytes = proxy.links[0]!.answered
  expect(whole.status).toBe(201)
  expect(bytes).toBeGreaterThan(300)
  proxy.cut()

  const cuts = [0, 1, Math.floor(bytes / 4), Math.floor(bytes / 2), bytes - 1]
  const keys = cuts.map(() => randomUUID())
  for (const [i, cutAfterBytes] of cuts.entries()) {
    proxy.suffer({ cutAfterBytes })
    await expect(send(through, `lost at ${cutAfterBytes}`, keys[i]!)).rejects.toThrow()
    // It was stored: the proxy cuts only responses.
    expect(await countOf(`lost at ${cutAfterBytes}`)).toBe(1)
  }
  proxy.suffer({})
  const first = (await jane.get<Message[]>(`${path}?peek=1`)).body
  await parley.kill('SIGKILL')
  await parley.restart()
  for (const [i, cut] of cuts.entries()) {
    const { status, body } = await send(through, `lost at ${cut}`, keys[i]!)
    const { id, position, createdAt } = first.find((message) => message.content === `lost at ${cut}`)!
    expect([status, body]).toEqual([
      201,
      { ...whole.body, content: `lost at ${cut}`, clientId: keys[i], id, position, createdAt }
    ])
    expect(await countOf(`lost at ${cut}`)).toBe(1)
  }
})

test('E2: a key with another payload is refused and is independent for another sender, also after a restart', async () => {
  const clientId = randomUUID()
  const his = (await send(john, 'first', clientId)).body
  const hers = (await send(jane, 'first', clientId)).body
  expect([his.sender.username, hers.sender.username]).toEqual(['john', 'jane'])
  await parley.kill('SIGKILL')
  await parley.restart()
  expect(await send(john, 'another', clientId)).toMatchObject({
    status: 422,
    body: { code: 'idempotency_mismatch' }
  })
  expect((await send(john, 'first', clientId)).body).toEqual(his)
  expect((await send(jane, 'first', clientId)).body).toEqual(hers)
  expect([await countOf('first'), await countOf('another')]).toEqual([2, 0])
})
