import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '@parley/contract/routes'
import { addUsers } from '../../../server/people/people.ts'
import { loginAs, type Api } from '../../harness/api.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'
import { openStream } from '../../harness/stream.ts'

const ours = 'http://localhost:3000'
const evil = 'http://evil.example'

let parley: InProcess
let john: Person
let jane: Person
let conversation: string
let message: string
let cookie: string
let url: string
beforeAll(async () => {
  parley = await startInProcess()
  url = (await parley.listen()).replace('127.0.0.1', 'localhost')
  await addUsers(parley.app.store, ['anna'])
  ;[john, jane] = [await parley.signIn('john'), await parley.signIn('jane')]
  conversation = (await john.conversationWith('jane')).id
  message = (await john.send(conversation, 'between us')).id
  const login = await parley.inject({
    method: 'POST',
    url: '/api/login?session=cookie',
    headers: { origin: ours },
    payload: { username: 'john' }
  })
  cookie = `parley_session=${login.cookies[0]!.value}`
})
afterAll(() => parley.close())

const addressOf = (url: string) =>
  url
    .replace(':conversationId', conversation)
    .replace(':messageId', message)
    .replace(':userId', jane.id)
    .replace(/:\w+/, 'x')

/** Returns the heads of all logs, and john's conversation. */
async function everything(): Promise<unknown> {
  const answers = await Promise.all([
    john.get(`/api/conversations/${conversation}`),
    jane.get(`/api/conversations/${conversation}`),
    john.get(`/api/conversations/${conversation}/messages?peek=1`),
    john.get('/api/personal_state')
  ])
  return answers.map((answer) => [answer.headers['event-cursor'], answer.json()])
}

describe('a page of another site in a signed-in browser', () => {
  const changing = Object.entries(routes).filter(([name, { method }]) => method !== 'GET' && name !== 'login')
  test('there are routes to try', () => expect(changing.length).toBeGreaterThan(5))

  test.each(changing)('W1: changes nothing: %s', async (_name, { method, url }) => {
    const before = await everything()
    for (const headers of [{ origin: evil }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }, {}]) {
      const answer = await parley.inject({
        method,
        url: addressOf(url),
        headers: { cookie, ...(headers as Record<string, string>) },
        payload: { content: 'in your name', username: 'anna', title: 'mine', role: 'owner' }
      })
      expect(refusal(answer)).toBe('403 origin_mismatch')
    }
    expect(await everything()).toEqual(before)
    expect((await parley.inject({ url: '/api/auth_user', headers: { cookie } })).statusCode).toBe(200)
  })

  const reading = Object.entries(routes).filter(([name, { method }]) => method === 'GET' && name !== 'events')
  test.each(reading)('W1: cannot read, because no answer allows its origin: %s', async (_name, { url }) => {
    const before = await everything()
    const answer = await parley.inject({ url: addressOf(url), headers: { cookie, origin: evil } })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(await everything()).toEqual(before)
  })

  test.each([{ origin: evil }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])(
    'W1: opens no stream and causes no online presence: %o',
    async (headers) => {
      const answer = await fetch(`${url}/api/messages`, {
        headers: { cookie, accept: 'text/event-stream', ...(headers as Record<string, string>) }
      })
      expect([answer.status, await answer.json()]).toEqual([
        403,
        expect.objectContaining({ code: 'origin_mismatch' })
      ])
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(parley.app.hub.size).toBe(0)
    }
  )

  test.each([{}, { origin: ours }, { 'sec-fetch-site': 'same-origin' }])(
    'our own page opens a stream: %o',
    async (headers) => {
      const answer = await fetch(`${url}/api/messages`, {
        headers: { cookie, accept: 'text/event-stream', ...(headers as Record<string, string>) }
      })
      expect(answer.status).toBe(200)
      await answer.body?.cancel()
      await expect.poll(() => parley.app.hub.size).toBe(0)
    }
  )
})

test("W2: another user's cursor is a position in one's own log, or invalid", async () => {
  const [anna, phone] = (await Promise.all(
    ['anna', 'jane'].map((name) => loginAs(url, name, 'http://localhost:3000'))
  )) as [Api, Api]
  const hers = await openStream(url, phone.token)
  await hers.until(({ name }) => name === 'sync')
  const beyond = await openStream(url, anna.token, { lastEventId: hers.lastEventId })
  expect((await beyond.next()).data).toEqual({ reason: 'ahead' })
  await john.send(conversation, 'not for anna')
  await hers.until(({ name }) => name === 'message')
  await anna.conversationWith('jane')
  await beyond.until(({ name }) => name === 'conversation_created')
  expect(JSON.stringify(beyond.seen)).not.toContain('not for anna')
  const whole = await openStream(url, anna.token, { lastEventId: hers.lastEventId.replace(/-\d+$/, '-0') })
  await whole.until(({ name }) => name === 'sync')
  expect(whole.seen.map(({ name }) => name)).toEqual(['conversation_created', 'sync'])
  for (const each of [hers, beyond, whole]) each.cut()
})
