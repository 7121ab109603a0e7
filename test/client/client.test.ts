import { describe, expect, it } from 'vitest'
import { problemDocument } from '@parley/contract/problem-details'
import { Problem } from '@parley/contract/problems'
import { everyProblem } from '../fixtures/problems.ts'
import { createClient, isSignedOut, isTemporary, NetworkError, Refusal } from '@parley/client'
import { manualClock } from './manual-clock.ts'

type Seen = { url: string; init: RequestInit; headers: Headers }

/** Returns a client whose requests are answered by `answer`. */
function clientWith(answer: (seen: Seen) => Response | Promise<Response>, options: { token?: string } = {}) {
  const seen: Seen[] = []
  const clock = manualClock()
  const client = createClient({
    baseUrl: 'http://parley.test',
    clock,
    ...options,
    fetch: (url, init = {}) => {
      const request = { url: url as string, init, headers: new Headers(init.headers) }
      seen.push(request)
      return Promise.resolve(answer(request))
    }
  })
  return { client, seen, clock }
}
const json = (body: unknown, init: ResponseInit = {}) => Response.json(body, init)
const problem = (code: string, status: number, headers: Record<string, string> = {}) =>
  json({ code, status, title: 'No', detail: 'Not so.' }, { status, headers })

describe('the client', () => {
  it('sends its token, and relies on the cookie without one', async () => {
    const withToken = clientWith(() => json({ id: '1' }), { token: 'secret' })
    await withToken.client.authUser()
    expect(withToken.seen[0]!.headers.get('authorization')).toBe('Bearer secret')
    expect(withToken.seen[0]!.init.credentials).toBe('omit')
    const without = clientWith(() => json({ id: '1' }))
    await without.client.authUser()
    expect(without.seen[0]!.headers.get('authorization')).toBeNull()
    expect(without.seen[0]!.init.credentials).toBe('same-origin')
  })

  it('continues as the user who signed in, and with a refreshed token', async () => {
    const { client } = clientWith(({ url }) => json({ token: url.endsWith('login') ? 'first' : 'second' }))
    await client.login('john')
    expect(client.token).toBe('first')
    await client.refreshToken()
    expect(client.token).toBe('second')
  })

  it('returns a snapshot with its cursor', async () => {
    const { client } = clientWith(() => json([], { headers: { 'event-cursor': 'e-42' } }))
    expect(await client.conversations()).toEqual({ data: [], cursor: { epoch: 'e', seq: 42 } })
  })

  it('passes pages and peeks in the query', async () => {
    const { client, seen } = clientWith(() => json([]))
    await client.messages('7', { before: '30', peek: true })
    await client.conversations()
    expect(seen.map(({ url }) => new URL(url).pathname + new URL(url).search)).toEqual([
      '/api/conversations/7/messages?before=30&peek=1',
      '/api/conversations'
    ])
  })

  it('marks read without a body, or up to a message', async () => {
    const { client, seen } = clientWith(() => new Response(null, { status: 204 }))
    await client.readMessages('7')
    await client.readMessages('7', '30')
    expect(seen.map(({ init }) => init.body)).toEqual([undefined, '{"upTo":"30"}'])
    expect(seen[0]!.headers.get('content-type')).toBeNull()
  })

  it('resumes the stream after a cursor', async () => {
    const { client, seen } = clientWith(
      () => new Response('', { headers: { 'content-type': 'text/event-stream' } })
    )
    await client.openEvents({ epoch: 'e', seq: 3 }, new AbortController().signal)
    expect(seen[0]!.headers.get('last-event-id')).toBe('e-3')
    expect(seen[0]!.headers.get('accept')).toBe('text/event-stream')
  })
})

const failureOf = (answer: () => Response | Promise<Response>) =>
  clientWith(answer)
    .client.authUser()
    .then(
      () => null,
      (error: unknown) => error
    )
const portal = () => new Response('<h1>Welcome to our wifi</h1>')

describe('a failure', () => {
  it('is the contract’s problem', async () => {
    const error = await failureOf(() => problem('user_not_found', 404))
    expect(error).toBeInstanceOf(Problem)
    expect(error).toMatchObject({ code: 'user_not_found', status: 404, message: 'Not so.' })
    expect(isTemporary(error)).toBe(false)
  })
  it('carries the data and the fields of its document', async () => {
    for (const given of everyProblem) {
      const document = problemDocument(given)
      const error = await failureOf(() => Response.json(document, { status: document.status }))
      expect(error).toMatchObject({ code: given.code, data: given.data, message: document.detail })
      expect((error as Refusal).fields).toEqual(document.fields)
      expect((error as Refusal).current).toEqual(document.current)
      expect((error as Refusal).toJSON()).toEqual(document)
    }
  })
  it('keeps the status and retry delay of a refusal, even with an unknown code', async () => {
    const error = await failureOf(() => problem('slow_down', 429, { 'retry-after': '3' }))
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3_000 })
    expect(isTemporary(error)).toBe(true)
    const date = 'Mon, 02 Mar 2026 10:00:00 GMT'
    const waitOf = async (retryAfter: string) => {
      const refusal = await failureOf(() => problem('slow_down', 429, { date, 'retry-after': retryAfter }))
      return (refusal as Refusal).retryAfterMs
    }
    expect(await waitOf('Mon, 02 Mar 2026 10:00:09 GMT')).toBe(9_000)
    expect(await waitOf('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(0)
    expect(await waitOf('soon')).toBe(null)
    expect(await waitOf('999999999')).toBe(3_600_000)
  })
  it("uses the server's text for an unknown code only", async () => {
    const statuses = [400, 403, 404, 409, 422, 451]
    for (const status of statuses) {
      const error = await failureOf(() => problem('from_the_future', status))
      expect(error).toMatchObject({ code: 'malformed_request', status, message: 'Not so.' })
      expect((error as Refusal).toJSON()).toMatchObject({ status, detail: 'Not so.' })
    }
    expect(await failureOf(() => problem('toString', 403))).toMatchObject({ code: 'malformed_request' })
  })
  it('reads the retry delay as seconds and as a date, up to an hour', async () => {
    const waits: [string, number | null][] = [
      ['3', 3_000],
      ['0', 0],
      [new Date(5_000).toUTCString(), 5_000],
      ['99999999999', 3_600_000],
      ['-5', null],
      ['Xyz, nonsense GMT', null],
      ['soon', null]
    ]
    for (const [value, retryAfterMs] of waits)
      expect(await failureOf(() => problem('draining', 503, { 'retry-after': value }))).toMatchObject({
        retryAfterMs
      })
  })
  it('is permanent if a proxy rejects a large body', async () => {
    const error = await failureOf(() => new Response('<h1>Too large</h1>', { status: 413 }))
    expect(error).toMatchObject({ code: 'body_too_large', status: 413 })
    expect(isTemporary(error)).toBe(false)
  })
  it('recognises the end of the session', async () => {
    expect(isSignedOut(await failureOf(() => problem('unauthenticated', 401)))).toBe(true)
  })
  it('is a network error without a response of Parley', async () => {
    expect(await failureOf(() => Promise.reject(new TypeError('failed')))).toBeInstanceOf(NetworkError)
    expect(await failureOf(portal)).toBeInstanceOf(NetworkError)
    expect(await failureOf(() => new Response('Not here', { status: 404 }))).toBeInstanceOf(NetworkError)
  })
  it('is temporary if a proxy reports an unreachable server', async () => {
    const error = await failureOf(() => new Response('<h1>Bad gateway</h1>', { status: 502 }))
    expect(error).toBeInstanceOf(Refusal)
    expect(isTemporary(error)).toBe(true)
  })
  it('is a network error after the timeout', async () => {
    const { client, clock } = clientWith(
      ({ init }) =>
        new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(new Error('aborted'))))
    )
    const failed = client.authUser().catch((error: unknown) => error)
    await clock.advance(30_000)
    expect(await failed).toBeInstanceOf(NetworkError)
  })
  it("is the signal's reason if the caller aborted", async () => {
    const { client } = clientWith(
      ({ init }) =>
        new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(new Error('aborted'))))
    )
    const caller = new AbortController()
    const failed = client.authUser({ signal: caller.signal }).catch((error: unknown) => error)
    caller.abort(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
  })
})

it('sets a personal value at a known version, and lists values page by page', async () => {
  const draft = { kind: 'draft' as const, key: '7', version: 1, value: { text: 'hello' } }
  const { client, seen } = clientWith(({ init }) =>
    json(init.method === 'PUT' ? { ...draft, version: 2 } : [draft])
  )
  expect(await client.putPersonalState(draft)).toEqual({ ...draft, version: 2 })
  await client.personalState({ kind: 'draft', after: draft })
  expect(seen.map(({ url, init }) => [init.method, url.split('parley.test')[1], init.body])).toEqual([
    ['PUT', '/api/personal_state/draft/7', '{"version":1,"value":{"text":"hello"}}'],
    ['GET', '/api/personal_state?kind=draft&after=draft%2F7', undefined]
  ])
  const refused = clientWith(() => json({ code: 'version_conflict', current: draft }, { status: 409 }))
  await expect(refused.client.putPersonalState(draft)).rejects.toMatchObject({ current: draft })
})

it('a sign-in with GitHub returns to the page at which it started', () => {
  const client = createClient({ session: 'cookie' })
  expect(client.githubAddress()).toBe('/api/oauth/github?session=cookie')
  expect(client.githubAddress('/conversations/1')).toBe(
    '/api/oauth/github?session=cookie&return_to=%2Fconversations%2F1'
  )
})

it("reports the server's time on each valid answer, and on no other", async () => {
  const times: number[] = []
  const answers = [
    new Response('[]', { headers: { date: 'Mon, 30 Nov 2026 12:00:00 GMT' } }),
    // A captive portal's page.
    new Response('<html>', { headers: { date: 'Mon, 30 Nov 2026 09:00:00 GMT' } }),
    new Response('[]')
  ]
  const client = createClient({
    baseUrl: 'http://parley.test',
    fetch: () => Promise.resolve(answers.shift()!),
    onServerTime: (ms) => void times.push(ms)
  })
  await client.presence()
  await expect(client.presence()).rejects.toThrow(NetworkError)
  await client.presence()
  expect(times).toEqual([Date.UTC(2026, 10, 30, 12)])
})
