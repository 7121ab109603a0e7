import { EventEmitter } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, memoryOutbox, newOutboxItem, OutboxSender, postItem } from '@parley/client'
import type { Message } from '@parley/contract/messages'
import { groupsOwnedMax } from '@parley/contract/limits'
import { rateLimits, readsAtOnceMax } from '@parley/contract/rate-limits'
import { createLimits } from '../../../../server/platform/http/rate-limits.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../../harness/in-process.ts'

const limited = { PARLEY_RATE_LIMITS: 'on', PARLEY_TRUSTED_PROXIES: '127.0.0.1' }
let parley: InProcess
let john: Person
let jane: Person
let id: string
beforeAll(async () => {
  parley = await startInProcess(limited, async (server) => {
    server.get('/api/made_up', { access: 'moderator', rate: 'typing' }, async () => '')
  })
  ;[john, jane] = [await parley.signIn('john'), await parley.signIn('jane')]
  id = (await john.conversationWith('jane')).id
})
afterAll(() => parley.close())

/** Offset of the rate limits' clock, ms; the clock stands still unless a test waits. */
let aheadMs = 0
let stands = true
beforeEach(() => {
  const now = performance.now.bind(performance)
  const startMs = now()
  // Every bucket is full again.
  aheadMs += 3_600_000
  stands = true
  vi.spyOn(performance, 'now').mockImplementation(() => (stands ? startMs : now()) + aheadMs)
})
afterEach(() => vi.restoreAllMocks())

/** Repeats a request until it is refused; returns the refusal and the number of accepted requests. */
async function exhaust(ask: (i: number) => ReturnType<Person['get']>, atMost: number) {
  for (let i = 0; i < atMost; i++) {
    const answer = await ask(i)
    if (answer.statusCode === 429) return { answer, passed: i }
  }
  throw new Error(`${atMost} requests were not refused`)
}

const keyOf = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
const send = (person: Person, i: number) =>
  person.post(`/api/conversations/${id}/messages`, { content: 'hello', clientId: keyOf(i) })

test('L1: a user who sends too much is refused with a correct Retry-After, and other users are unaffected', async () => {
  const { answer, passed } = await exhaust((i) => send(john, i), 1_000)
  expect(passed).toBe(rateLimits.send.burst)
  expect(refusal(answer)).toBe('429 rate_limited')
  expect((await send(jane, 1)).statusCode).toBe(201)
  // Reads have their own bucket.
  expect((await john.get('/api/conversations')).statusCode).toBe(200)
  const before = await send(john, passed)
  expect(before.statusCode).toBe(429)
  aheadMs += 1_000 * Number(before.headers['retry-after'])
  // The refusal was not stored under the key, and nothing was sent.
  const sent = await send(john, passed)
  expect(sent.statusCode).toBe(201)
  expect((await send(john, passed)).json<Message>().id).toBe(sent.json<Message>().id)
})

test('a retry of a stored key is rate limited as well, and gets the first answer later', async () => {
  const first = await send(john, 5_000)
  const { answer } = await exhaust(() => send(john, 5_000), 1_000)
  aheadMs += 1_000 * Number(answer.headers['retry-after'])
  expect((await send(john, 5_000)).json()).toEqual(first.json())
})

test('new groups have their own bucket, separate from direct conversations', async () => {
  const { passed } = await exhaust(
    () => john.post('/api/conversations', { title: 'Friends', usernames: [] }),
    100
  )
  expect(passed).toBe(rateLimits.group.burst)
  expect((await john.post('/api/conversations', { username: 'jane' })).statusCode).toBe(200)
})

test('refusals for a server role count as well', async () => {
  expect(refusal(await jane.get('/api/made_up'))).toBe('403 role_required')
  const { passed } = await exhaust(() => jane.get('/api/made_up'), 100)
  expect(passed).toBe(rateLimits.typing.burst - 1)
})

const login = (from: string) =>
  parley.inject({ url: '/api/oauth/github', headers: { 'x-forwarded-for': from } })

describe('by address', () => {
  test('sign-ins are counted per address, with an IPv6 network as one', async () => {
    await exhaust((i) => login(`2001:db8:1:2::${i.toString(16)}`), 1_000)
    expect(refusal(await login('2001:db8:1:2:ffff::1'))).toBe('429 rate_limited')
    expect((await login('2001:db8:1:3::1')).statusCode).toBe(404)
  })

  test('invalid tokens are counted per address, and signed-in users there are unaffected', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const guess = (i: number) =>
      parley.inject({
        url: '/api/auth_user',
        headers: { ...headers, authorization: `Bearer ${String(i).padStart(43, 'x')}` }
      })
    await john.get('/api/auth_user')
    const { passed } = await exhaust(guess, 2_000)
    expect(passed).toBe(rateLimits.stranger.burst)
    expect((await john.get('/api/auth_user', headers)).statusCode).toBe(200)
    // The refused request does not reach the storage.
    const read = vi.spyOn(parley.app.store, 'read')
    expect((await guess(9_999)).statusCode).toBe(429)
    expect(read).not.toHaveBeenCalled()
  })
})

test("L1: a user's concurrent reads are bounded, and each releases its place when it is answered", async () => {
  const limits = createLimits(true, () => '203.0.113.9')
  const written: EventEmitter[] = []
  const read = (userId: number) => {
    const raw = new EventEmitter()
    const header = vi.fn<FastifyReply['header']>()
    const reply = { raw, header } as unknown as FastifyReply
    limits.take('read', { caller: { principal: { userId } } } as FastifyRequest, reply)
    written.push(raw)
  }
  for (let i = 0; i < readsAtOnceMax; i++) read(1)
  expect(() => read(1)).toThrow('Too many requests')
  read(2)
  written[0]!.emit('close')
  read(1)
  expect(() => read(1)).toThrow('Too many requests')
  // Whatever its answer is, a route releases its place.
  for (let i = 0; i < 2 * readsAtOnceMax; i++) {
    expect((await john.get(`/api/conversations/${i % 2 ? id : 'none'}`)).statusCode).toBe(i % 2 ? 200 : 404)
  }
})

test('health checks are never rate limited', async () => {
  for (let i = 0; i < 1_500; i++) expect((await parley.inject('/livez')).statusCode).toBe(200)
})

test('a stream above the rate limit is refused with status 200 and a delay, because EventSource gives up on 429', async () => {
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${john.token}` }
  // It fails because of its cursor, but still counts.
  const open = () => parley.inject({ url: '/api/messages?after=junk', headers })
  const refused = await (async () => {
    for (let i = 0; i < 2_000; i++) {
      const answer = await open()
      if (answer.statusCode === 200) return answer
    }
    throw new Error('never refused')
  })()
  expect(refused.body).toMatch(/^retry: \d{4,}\nevent: refused\ndata: {"code":"rate_limited"}\n\n$/)
  expect(Number(/\d+/.exec(refused.body)![0])).toBeGreaterThanOrEqual(1_000)
})

test('L1: an outbox loses nothing to rate limits and keeps its order', { timeout: 60_000 }, async () => {
  const client = createClient({ baseUrl: await parley.listen(), token: jane.token })
  const conversationId = (await jane.group([])).split('/').at(-1)!
  const count = rateLimits.send.burst + 30
  const items = Array.from({ length: count }, (_, i) => newOutboxItem(conversationId, `message ${i}`))
  const sent: string[] = []
  const done = Promise.withResolvers<void>()
  const refused: number[] = []
  const sender = new OutboxSender({
    storage: memoryOutbox(items),
    send: (item, signal) =>
      postItem(client, item, signal).catch((error: { status: number }) => {
        refused.push(error.status)
        // One request is refused on any machine, however slow; then the clock advances.
        stands = false
        throw error
      }),
    onSent(_item, message) {
      sent.push(message!.content)
      if (sent.length === count) done.resolve()
    },
    onChanged: () => {},
    onSignedOut: () => done.reject(new Error('signed out')),
    random: () => 0
  })
  await done.promise
  sender.close()
  expect(sent).toEqual(items.map(({ content }) => content))
  expect(new Set(refused)).toEqual(new Set([429]))
})

test.each([
  [undefined, '/made_up names no rate class'],
  ['read', '/made_up is public, but its rate class read counts by user']
] as const)('a public route with the rate class %s prevents the start', async (rate, error) => {
  const started = startInProcess(
    {},
    async (server) => void server.get('/made_up', { access: 'public', ...(rate && { rate }) }, async () => '')
  )
  await expect(started).rejects.toThrow(error)
})

test('a user owns at most a thousand groups, and cannot be given another', async () => {
  const anna = await parley.signIn('jane')
  const group = await john.group(['jane'])
  const me = (await anna.get('/api/auth_user')).json()
  const start = { me, title: 'One of many', userIds: [], history: 'all' as const, now: Date.now() }
  // A few at a time: each locks the account, and a request that waits too long is refused.
  for (let owned = 0; owned < groupsOwnedMax; owned += 20) {
    await Promise.all(Array.from({ length: 20 }, () => parley.app.store.write('startGroup', start)))
  }
  expect(refusal(await anna.post('/api/conversations', { title: 'One more', usernames: [] }))).toBe(
    '422 too_many_groups'
  )
  expect(refusal(await john.patch(`${group}/participants/${me.id}`, { role: 'owner' }))).toBe(
    '422 too_many_groups'
  )
})
