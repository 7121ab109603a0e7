import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProblemDocument } from '@parley/contract/problems'
import type { Message } from '@parley/contract/messages'
import { call, loginBehind, type Api } from '../harness/api.ts'
import { defaultConfig, startNginx, type Nginx } from '../harness/nginx.ts'
import { freePort, startParley, type Parley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'

let parley: Parley
let nginx: Nginx
let url: string
let john: Api
let jane: Api
let conversation: string
beforeAll(async () => {
  const [port, node] = [await freePort(), await freePort()]
  url = `http://localhost:${port}`
  parley = await startParley({ port: node, env: { ORIGIN: url } })
  nginx = await startNginx(port, defaultConfig(port, node))
  ;[john, jane] = [await loginBehind(url, parley.url, 'john'), await loginBehind(url, parley.url, 'jane')]
  conversation = (await john.conversationWith('jane')).id
})
afterAll(async () => {
  await nginx.close()
  await parley.stop()
})

const isMessage = ({ name }: { name: string }) => name === 'message'

test('S14: behind nginx with its defaults, each event arrives before the next is sent', async () => {
  const stream = await openStream(url, jane.token)
  // nginx's buffers are much larger than an event, so a buffered one would never arrive.
  await stream.until(({ name }) => name === 'sync')
  for (let n = 0; n < 20; n++) {
    const sent = await john.send(conversation, `message ${n}`)
    expect((await stream.until(isMessage)).data).toMatchObject({ id: sent.id })
  }
  stream.cut()
})

test('S14: a resumed stream behind nginx delivers over a thousand missed events, then live ones', async () => {
  const stream = await openStream(url, jane.token)
  await stream.until(({ name }) => name === 'sync')
  stream.cut()
  const missed = 1_500
  for (let sent = 0; sent < missed; sent += 50) {
    await Promise.all(Array.from({ length: 50 }, () => john.send(conversation, 'x'.repeat(1_000))))
  }
  const resumed = await openStream(url, jane.token, { lastEventId: stream.lastEventId })
  await resumed.until(({ name }) => name === 'sync')
  expect(resumed.seen.filter(isMessage)).toHaveLength(missed)
  const { id } = await john.send(conversation, 'live')
  expect((await resumed.until(isMessage)).data).toMatchObject({ id })
  resumed.cut()
})

test('S14: nginx forwards the end of a stream, and the response of a retried key whose first response was lost', async () => {
  const phone = await loginBehind(url, parley.url, 'jane')
  const stream = await openStream(url, phone.token)
  await stream.until(({ name }) => name === 'sync')
  await phone.post('/api/logout')
  await stream.ended

  const clientId = '0190a7a0-0000-7000-8000-000000000001'
  const impatient = new AbortController()
  const path = `/api/conversations/${conversation}/messages`
  const request = { content: 'only once', clientId }
  const given = fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${john.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: impatient.signal
  }).catch(() => {})
  impatient.abort()
  await given
  const [first, second] = [
    await john.send(conversation, 'only once', clientId),
    await john.post<Message>(path, request)
  ]
  expect(second).toMatchObject({ status: 201, body: first })
})

test('S14: behind nginx, a browser’s cookie authenticates requests from the public origin only', async () => {
  const cookie = `parley_session=${john.token}`
  const post = (origin: string) =>
    call<ProblemDocument>(`${url}/api/conversations`, {
      method: 'POST',
      headers: { cookie, origin },
      body: { username: 'jane' }
    })
  expect((await post(url)).status).toBe(200)
  expect((await post(parley.url)).body.code).toBe('origin_mismatch')
  // A refusal by Parley itself: the body is within nginx's megabyte and above Parley's limit.
  const tooLarge = await john.post<ProblemDocument>('/api/conversations', { username: 'x'.repeat(300_000) })
  expect([tooLarge.status, tooLarge.body.code]).toEqual([413, 'body_too_large'])
})
