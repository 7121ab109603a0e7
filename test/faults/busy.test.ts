import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'

let parley: Parley
let john: Api
let jane: Api
let path: string
beforeAll(async () => {
  parley = await startParley()
  ;[john, jane] = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  path = `/api/conversations/${(await john.conversationWith('jane')).id}/messages`
})
afterAll(() => parley.stop())

type Sent = { content: string; clientId: string }

/** Holds the write lock, as a program does that copies or inspects the file. */
function holdWriteLock(): DatabaseSync {
  const other = new DatabaseSync(join(parley.dataDir, 'parley.db'), { timeout: 10_000 })
  other.exec('BEGIN IMMEDIATE')
  return other
}

function releaseLock(other: DatabaseSync): void {
  other.exec('ROLLBACK')
  other.close()
}

const message = (content: string): Sent => ({ content, clientId: randomUUID() })
const send = (sent: Sent) => john.post<Partial<Message> & { code?: string }>(path, sent)
const isThat = (data: unknown) => (data as Message).content === 'while it is held'
const contents = async () =>
  (await jane.get<Message[]>(`${path}?peek=1`)).body.map(({ content }) => content).toReversed()

test('D3: while another program locks the database, a send waits and is then refused with 503, reads continue, and Parley recovers without a restart', async () => {
  const stream = await openStream(parley.url, jane.token)
  await stream.until(({ name }) => name === 'sync')
  await send(message('before'))
  const other = holdWriteLock()
  const refused = message('while it is held')
  const sending = send(refused)
  // Reads do not wait for the lock.
  expect(await contents()).toEqual(['before'])
  const late = await openStream(parley.url, jane.token, { query: `?after=${stream.lastEventId}` })
  await late.until(({ name }) => name === 'sync')
  const { status, body, headers } = await sending
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'storage_unavailable', '1'])
  expect(await contents()).toEqual(['before'])

  releaseLock(other)
  expect((await send(refused)).status).toBe(201)
  expect((await send(refused)).status).toBe(201)
  expect(await contents()).toEqual(['before', 'while it is held'])
  for (const each of [stream, late]) {
    await each.until(({ name, data }) => name === 'message' && isThat(data))
    each.cut()
  }
  // The log states the cause in one line.
  expect(parley.output().match(/database is locked.*refused with 503/g)).toHaveLength(1)
})

test('D3: a short lock delays a send without an error', async () => {
  const other = holdWriteLock()
  const sending = send(message('in a moment'))
  // A later request was answered, so the send is waiting.
  await jane.get('/api/conversations')
  releaseLock(other)
  expect((await sending).status).toBe(201)
})
