import { randomUUID } from 'node:crypto'
import { Problem } from '@parley/contract/problems'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let id: string
let url: string
let pairs = 0
beforeAll(async () => {
  parley = await startInProcess()
})
afterAll(() => parley.close())
// Each test has its own two users and conversation.
beforeEach(async () => {
  const names = [`john${++pairs}`, `jane${pairs}`]
  await addUsers(parley.app.store, names)
  ;[john, jane] = [await parley.signIn(names[0]!), await parley.signIn(names[1]!)]
  id = (await john.conversationWith(names[1]!)).id
  url = `/api/conversations/${id}/messages`
})

const mark = (body?: unknown) => jane.post(`/api/conversations/${id}/read_messages`, body)
const unread = async (person: Person) =>
  (await person.get(`/api/conversations/${id}`)).json().unreadCount as number

describe('sending', () => {
  test('returns 201 with the message as its sender sees it', async () => {
    const answer = await john.post(url, { content: 'hello' })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^\d+$/),
      content: 'hello',
      conversationId: id,
      createdAt: expect.stringMatching(/Z$/),
      mine: true,
      position: 1,
      sender: { id: john.id, username: `john${pairs}`, avatarURL: null }
    })
  })

  test('trims the ends and keeps inner whitespace', async () => {
    expect((await john.send(id, ' \n a  b\n\n\tc \u2028 ')).content).toBe('a  b\n\n\tc')
  })

  test('keeps any text unchanged', async () => {
    for (const content of [
      '<img onerror=alert(1)>',
      'a\u2028b\r\nc',
      '👩‍👩‍👧‍👦',
      'data: x\n\nid: 5',
      '\u202eabc',
      '"\\'
    ]) {
      expect((await john.send(id, content)).content).toBe(content)
    }
  })

  test('accepts 4,000 characters, however many bytes they have', async () => {
    expect((await john.post(url, { content: '👋'.repeat(4000) })).statusCode).toBe(201)
    expect((await john.post(url, { content: ` ${'a'.repeat(4000)} ` })).statusCode).toBe(201)
  })

  test.each([
    ['no content', {}, '422 validation_failed content'],
    ['empty content', { content: '' }, '422 validation_failed content'],
    ['blank content', { content: ' \n\t\u00a0' }, '422 validation_failed content'],
    ['4,001 characters', { content: 'a'.repeat(4001) }, '422 validation_failed content'],
    ['a number', { content: 1 }, '422 validation_failed content'],
    ['an object', { content: { text: 'a' } }, '422 validation_failed content'],
    ['NUL', { content: 'a\0b' }, '422 validation_failed content'],
    ['a lone surrogate', '{"content":"\\udc00"}', '422 validation_failed content'],
    ['unknown fields', { content: 'a', mine: false }, '422 validation_failed mine'],
    ['a clientId that is not a UUID', { content: 'a', clientId: '1' }, '422 validation_failed clientId'],
    ['a text alone', '"hello"', '422 validation_failed body'],
    ['not JSON', 'hello', '400 malformed_request'],
    ['a body of 300 kB', { content: 'a'.repeat(300 * 1024) }, '413 body_too_large']
  ])('refuses %s', async (_what, body, expected) => {
    expect(refusal(await john.post(url, body, { 'content-type': 'application/json' }))).toBe(expected)
    expect((await john.get(url)).json()).toEqual([])
  })
})

describe('a retry', () => {
  test('E1: returns the first answer for the same clientId', async () => {
    const body = { content: 'once', clientId: randomUUID() }
    const answers = await Promise.all(Array.from({ length: 20 }, () => john.post(url, body)))
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
    expect(answers[0]!.statusCode).toBe(201)
    expect(answers[0]!.json().clientId).toBe(body.clientId)
    expect((await john.get(url)).json()).toHaveLength(1)
  })

  test('accepts the key in the header, in the body, or in both', async () => {
    const clientId = randomUUID()
    const answers = [
      await john.post(url, { content: 'once', clientId }),
      await john.post(url, { content: 'once' }, { 'idempotency-key': clientId }),
      await john.post(url, { content: 'once', clientId }, { 'idempotency-key': clientId })
    ]
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
  })

  test('E2: refuses another message with the same key', async () => {
    const clientId = randomUUID()
    await john.post(url, { content: 'one', clientId })
    expect(refusal(await john.post(url, { content: 'two', clientId }))).toBe('422 idempotency_mismatch')
  })

  test("E2: treats another sender's key as a different key", async () => {
    const clientId = randomUUID()
    const first = await john.post(url, { content: 'one', clientId })
    const second = await jane.post(url, { content: 'two', clientId })
    expect([first.statusCode, second.statusCode]).toEqual([201, 201])
    expect((await jane.get(url)).json()[1]).not.toHaveProperty('clientId')
  })

  test.each([
    ['a key that differs from the clientId', { 'idempotency-key': randomUUID() }, 'clientId'],
    ['a key with spaces', { 'idempotency-key': 'a b' }, 'idempotency-key'],
    ['a key of 256 characters', { 'idempotency-key': 'a'.repeat(256) }, 'idempotency-key']
  ])('refuses %s', async (_what, headers, field) => {
    const answer = await john.post(url, { content: 'a', clientId: randomUUID() }, headers)
    expect(refusal(answer)).toBe(`422 validation_failed ${field}`)
  })
})

describe('reading', () => {
  test('returns 25 messages, newest first, and earlier ones page by page', async () => {
    const sent: Message[] = []
    for (let index = 1; index <= 30; index++) sent.unshift(await john.send(id, `message ${index}`))
    const first = await jane.get(url)
    const page = first.json<Message[]>()
    expect(page.map((message) => message.id)).toEqual(sent.slice(0, 25).map((message) => message.id))
    expect(page[0]).toMatchObject({
      content: 'message 30',
      mine: false,
      position: 30,
      sender: { id: john.id }
    })
    expect(first.headers['event-cursor']).toMatch(/-\d+$/)
    const before = await jane.get(`${url}?before=${page[24]!.id}`)
    expect(before.json<Message[]>().map((message) => message.position)).toEqual([5, 4, 3, 2, 1])
    expect((await jane.get(`${url}?before=${sent[29]!.id}`)).json()).toEqual([])
  })

  test('marks read', async () => {
    await john.send(id, 'hello')
    expect(await unread(jane)).toBe(1)
    await jane.get(url)
    expect(await unread(jane)).toBe(0)
  })

  test.each(['?peek=1', '?before=BEFORE'])('does not mark as read with %s', async (query) => {
    await john.send(id, 'one')
    const { id: second } = await john.send(id, 'two')
    await jane.get(url + query.replace('BEFORE', second))
    expect(await unread(jane)).toBe(2)
  })

  test('does not mark as read for a HEAD', async () => {
    await john.send(id, 'hello')
    const answer = await parley.inject({
      method: 'HEAD',
      url,
      headers: { authorization: `Bearer ${jane.token}` }
    })
    expect(answer.statusCode).toBe(200)
    expect(await unread(jane)).toBe(1)
  })

  test('marks as read with a cookie only from our own pages', async () => {
    await john.send(id, 'hello')
    const login = await parley.inject({
      method: 'POST',
      url: '/api/login?session=cookie',
      headers: { origin: 'http://localhost:3000' },
      payload: { username: `jane${pairs}` }
    })
    const cookie = `parley_session=${login.cookies[0]!.value}`
    expect((await parley.inject({ url, headers: { cookie } })).json()).toHaveLength(1)
    await parley.inject({ url, headers: { cookie, 'sec-fetch-site': 'cross-site' } })
    expect(await unread(jane)).toBe(1)
    await parley.inject({ url, headers: { cookie, 'sec-fetch-site': 'same-origin' } })
    expect(await unread(jane)).toBe(0)
  })

  test.each([
    ['?before=x', '404 message_not_found'],
    ['?before=', '404 message_not_found'],
    ['?before=999999', '404 message_not_found'],
    ['?before=1&before=2', '422 validation_failed before'],
    ['?peek=yes', '422 validation_failed peek'],
    ['?limit=9', '422 validation_failed limit']
  ])('refuses %s', async (query, expected) => {
    expect(refusal(await jane.get(url + query))).toBe(expected)
  })
})

describe('marking read', () => {
  test('needs no body', async () => {
    await john.send(id, 'hello')
    const answer = await mark()
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
    expect(await unread(jane)).toBe(0)
  })

  test('advances up to a message, and never goes back', async () => {
    const first = await john.send(id, 'one')
    await john.send(id, 'two')
    await mark({ upTo: first.id })
    expect(await unread(jane)).toBe(1)
    await mark({})
    await mark({ upTo: first.id })
    expect(await unread(jane)).toBe(0)
  })

  test.each([
    [{ upTo: 'x' }, '404 message_not_found'],
    [{ upTo: '999999' }, '404 message_not_found'],
    [{ upTo: 1 }, '422 validation_failed upTo'],
    [{ upto: '1' }, '422 validation_failed upto'],
    [[], '422 validation_failed body']
  ])('refuses %j', async (body, expected) => {
    expect(refusal(await mark(body))).toBe(expected)
  })

  test('refuses a message of another conversation', async () => {
    await addUsers(parley.app.store, [`anna${pairs}`])
    const other = await john.conversationWith(`anna${pairs}`)
    const { id: upTo } = await john.send(other.id, 'elsewhere')
    expect(refusal(await mark({ upTo }))).toBe('404 message_not_found')
    expect(refusal(await jane.get(`${url}?before=${upTo}`))).toBe('404 message_not_found')
  })
})

/** Replaces the result of this write procedure with `how`; the others are unaffected. */
function fail(procedure: string, how: () => Promise<never>): void {
  const { store } = parley.app
  const real = store.write.bind(store)
  vi.spyOn(store, 'write').mockImplementation((name, input) =>
    name === procedure ? how() : real(name, input)
  )
}

describe('a read mark that cannot be stored', () => {
  afterEach(() => vi.restoreAllMocks())

  test.each([
    ['is refused', () => Promise.reject(new Problem('storage_unavailable'))],
    ['fails with a bug', () => Promise.reject(new Error('a bug'))],
    ['gets no answer', () => new Promise<never>(() => {})]
  ])('and %s fails no read; the next read stores it', async (_, how) => {
    await john.send(id, 'hello')
    fail('markRead', how)
    const answer = await jane.get(url)
    expect([answer.statusCode, answer.json<Message[]>()[0]!.content]).toEqual([200, 'hello'])
    expect(answer.headers['event-cursor']).toBeDefined()
    expect(await unread(jane)).toBe(1)
    vi.restoreAllMocks()
    await jane.get(url)
    expect(await unread(jane)).toBe(0)
  })

  test('an explicit read mark is refused as before', async () => {
    await john.send(id, 'hello')
    fail('markRead', () => Promise.reject(new Problem('storage_unavailable')))
    expect(refusal(await mark())).toBe('503 storage_unavailable')
  })

  test('a session whose first use cannot be recorded can still read', async () => {
    const { token } = (await jane.post('/api/refresh_token')).json<{ token: string }>()
    fail('confirmSession', () => Promise.reject(new Problem('storage_unavailable')))
    const answer = await parley.inject({ url, headers: { authorization: `Bearer ${token}` } })
    expect(answer.statusCode).toBe(200)
    vi.restoreAllMocks()
    const headers = { authorization: `Bearer ${token}` }
    expect((await parley.inject({ url, headers })).statusCode).toBe(200)
    // Its use is recorded now, so the token that it replaced has ended.
    expect((await jane.get(url)).statusCode).toBe(401)
  })
})
