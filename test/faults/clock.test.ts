import { globSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import { loginAs } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'

// Debian's libfaketime sets the wall clock only, as an administrator or a time server does. The monotonic
// clock is unaffected.
const [library = 'libfaketime is not installed'] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')

/** Starts a Parley whose wall clock can be set while it runs, in all its threads and in SQLite. */
async function startWithClock() {
  const place = await mkdtemp(join(tmpdir(), 'parley-clock-'))
  const file = join(place, 'clock')
  const setClock = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`)
  setClock(0)
  const parley: Parley = await startParley({
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      PARLEY_SYNC_INTERVAL_SECONDS: '0.5'
    }
  })
  return {
    parley,
    setClock,
    async [Symbol.asyncDispose]() {
      await parley.stop()
      await rm(place, { recursive: true })
    }
  }
}

const [hour, day] = [3_600, 86_400]

test.concurrent('O4: a clock set forward and back by an hour or a day moves no message, ends no stream and signs no one out', async () => {
  await using world = await startWithClock()
  const { parley, setClock } = world
  const [john, jane] = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  const { id } = await john.conversationWith('jane')
  const path = `/api/conversations/${id}`
  const hers = await openStream(parley.url, jane.token)
  const first = await john.send(id, 'message 1', '00000000-0000-4000-8000-000000000001')
  const sent = [first]
  const offsets = [hour, 0, -hour, day, -day, 0]
  for (const seconds of offsets) {
    setClock(seconds)
    const message = await john.send(id, `message ${sent.length + 1}`)
    const offBy = Date.parse(message.createdAt) - (Date.now() + seconds * 1_000)
    expect(Math.abs(offBy), 'the clock was set').toBeLessThan(60_000)
    sent.push(message)
    await hers.until((event) => (event.data as Message).id === message.id)
    // A server timer that fires after the clock was set.
    await hers.until((event) => event.name === 'sync')

    await jane.post(`${path}/read_messages`)
    const { body } = await jane.get<Conversation>(path)
    expect(body).toMatchObject({ lastMessage: { id: message.id }, readUpTo: sent.length, unreadCount: 0 })
    // E1: the first message is retried an hour later, a day later, and a day before it was sent.
    const again = await john.send(id, first.content, first.clientId)
    expect(again).toEqual(first)
  }
  const page = (await john.get<Message[]>(`${path}/messages?peek=1`)).body.toReversed()
  expect(page).toEqual(sent)
  expect(page.map(({ position }) => position)).toEqual(sent.map((_, i) => i + 1))
  expect((await john.get<Conversation[]>('/api/conversations')).body[0]!.lastMessage).toEqual(sent.at(-1))
  const seqs = hers.seen.flatMap((event) => (event.id === null ? [] : [parseCursor(event.id)!.seq]))
  expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i))

  // Everything is still there after a restart, whatever the clock says.
  await parley.kill('SIGKILL')
  setClock(-day)
  await parley.restart()
  expect((await john.get<Message[]>(`${path}/messages?peek=1`)).body.toReversed()).toEqual(sent)
})

test.concurrent('S5: a session expires by the wall clock and closes its stream', async () => {
  await using world = await startWithClock()
  const { parley, setClock } = world
  const john = await loginAs(parley.url, 'john')
  const stream = await openStream(parley.url, john.token)
  await stream.until((event) => event.name === 'sync')
  setClock(13 * day)
  await stream.until((event) => event.name === 'sync')
  expect((await john.get('/api/auth_user')).status).toBe(200)
  setClock(15 * day)
  await stream.ended
  expect((await john.get('/api/auth_user')).status).toBe(401)
  const signedInAgain = await loginAs(parley.url, 'john')
  expect((await signedInAgain.get('/api/auth_user')).status).toBe(200)
})
