import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { rowsBeside } from '../../harness/engine.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
beforeAll(async () => {
  parley = await startInProcess()
  john = await parley.signIn('john')
})
afterAll(() => parley.close())

const ours = 'http://localhost:3000'

async function cookieOfJohn(): Promise<string> {
  const answer = await parley.inject({
    method: 'POST',
    url: '/api/login?session=cookie',
    headers: { origin: ours },
    payload: { username: 'john' }
  })
  return `parley_session=${answer.cookies[0]!.value}`
}

describe('the signed-in user', () => {
  test('john, with his token', async () => {
    const answer = await john.get('/api/auth_user')
    expect(answer.json()).toEqual({ id: john.id, username: 'john', avatarURL: null })
    expect(answer.headers['message-max-length']).toBe('4000')
  })

  test('john, with his cookie', async () => {
    const cookie = await cookieOfJohn()
    const answer = await parley.inject({ url: '/api/auth_user', headers: { cookie } })
    expect(answer.json().username).toBe('john')
  })

  test.each([
    ['no token', undefined, 'Bearer realm="Parley"'],
    ['a malformed header', 'Bearer', 'Bearer realm="Parley", error="invalid_token"'],
    ['another scheme', 'Basic am9objo=', 'Bearer realm="Parley", error="invalid_token"'],
    ['a token of another shape', 'Bearer x', 'Bearer realm="Parley", error="invalid_token"'],
    ['an unknown token', `Bearer ${'a'.repeat(43)}`, 'Bearer realm="Parley", error="invalid_token"']
  ])('is unknown with %s', async (_what, authorization, challenge) => {
    const answer = await parley.inject({
      url: '/api/auth_user',
      headers: authorization === undefined ? {} : { authorization }
    })
    expect(refusal(answer)).toBe('401 unauthenticated')
    expect(answer.headers['www-authenticate']).toBe(challenge)
  })

  test('a malformed header is refused even with a valid cookie', async () => {
    const headers = { cookie: await cookieOfJohn(), authorization: 'Bearer' }
    expect(refusal(await parley.inject({ url: '/api/auth_user', headers }))).toBe('401 unauthenticated')
  })

  test('a token in the query is ignored', async () => {
    expect(refusal(await parley.inject(`/api/auth_user?token=${john.token}`))).toBe('401 unauthenticated')
  })
})

describe('a session', () => {
  test('ends immediately at logout', async () => {
    const person = await parley.signIn('john')
    expect((await person.post('/api/logout')).statusCode).toBe(204)
    expect(refusal(await person.get('/api/auth_user'))).toBe('401 unauthenticated')
    expect(refusal(await person.post('/api/logout'))).toBe('401 unauthenticated')
  })

  test('gets a fresh token, and the old one ends at the first use of it', async () => {
    const person = await parley.signIn('john')
    const answer = await person.post('/api/refresh_token')
    expect(answer.json()).toEqual({ token: expect.any(String), expiresAt: expect.any(String) })
    expect((await person.get('/api/auth_user')).statusCode).toBe(200)

    const authorization = `Bearer ${answer.json().token}`
    expect((await parley.inject({ url: '/api/auth_user', headers: { authorization } })).statusCode).toBe(200)
    expect(refusal(await person.get('/api/auth_user'))).toBe('401 unauthenticated')
  })

  test('in a cookie is refreshed with a cookie, and logout removes it', async () => {
    const cookie = await cookieOfJohn()
    const refreshed = await parley.inject({
      method: 'POST',
      url: '/api/refresh_token',
      headers: { cookie, origin: ours }
    })
    expect(Object.keys(refreshed.json())).toEqual(['expiresAt'])
    const fresh = `parley_session=${refreshed.cookies[0]!.value}`
    expect(fresh).not.toBe(cookie)

    const headers = { cookie: fresh, origin: ours }
    const gone = await parley.inject({ method: 'POST', url: '/api/logout', headers })
    expect(gone.statusCode).toBe(204)
    expect(gone.cookies[0]).toMatchObject({ name: 'parley_session', value: '', path: '/' })
  })

  test('ends as a whole: logout ends earlier and later tokens of the same refreshes', async () => {
    const person = await parley.signIn('john')
    const tokens = [person.token]
    for (let n = 0; n < 5; n++) tokens.push((await person.post('/api/refresh_token')).json().token)
    expect(new Set(tokens).size).toBe(2)
    expect((await person.post('/api/logout')).statusCode).toBe(204)
    for (const token of tokens) {
      const headers = { authorization: `Bearer ${token}` }
      expect(refusal(await parley.inject({ url: '/api/auth_user', headers }))).toBe('401 unauthenticated')
    }
  })

  test('ends when a token superseded more than 60 s ago is refreshed', async () => {
    const person = await parley.signIn('john')
    const fresh = (await person.post('/api/refresh_token')).json().token
    const who = () => parley.inject({ url: '/api/auth_user', headers: { authorization: `Bearer ${fresh}` } })
    expect((await who()).statusCode).toBe(200)
    expect(refusal(await person.post('/api/refresh_token'))).toBe('401 unauthenticated')
    expect((await who()).statusCode).toBe(200)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    // Only a refresh proves that two clients hold one session.
    expect(refusal(await person.get('/api/auth_user'))).toBe('401 unauthenticated')
    expect((await who()).statusCode).toBe(200)
    expect(refusal(await person.post('/api/refresh_token'))).toBe('401 unauthenticated')
    expect(refusal(await who())).toBe('401 unauthenticated')
    vi.useRealTimers()
  })

  test('in a cookie ends when the browser signs in again', async () => {
    const cookie = await cookieOfJohn()
    const answer = await parley.inject({
      method: 'POST',
      url: '/api/login?session=cookie',
      headers: { origin: ours, cookie },
      payload: { username: 'jane' }
    })
    expect(answer.statusCode).toBe(200)
    expect(refusal(await parley.inject({ url: '/api/auth_user', headers: { cookie } }))).toBe(
      '401 unauthenticated'
    )
  })

  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0',
      'Edge on Windows'
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1',
      'Safari on iPhone'
    ],
    ['curl/8.5.0', 'curl'],
    ['<script>', null],
    ['x'.repeat(10_000), 'x'.repeat(40)]
  ])('keeps the name of its device: %j', async (agent, device) => {
    await parley.inject({
      method: 'POST',
      url: '/api/login',
      headers: { 'user-agent': agent },
      payload: { username: 'jane' }
    })
    const [row] = await rowsBeside<{ device: string | null }>(
      parley.database,
      'SELECT device FROM sessions ORDER BY id DESC LIMIT 1'
    )
    expect(row!.device).toBe(device)
  })

  test('logout and refresh_token need no body, and accept only JSON', async () => {
    const person = await parley.signIn('john')
    const answer = await parley.inject({
      method: 'POST',
      url: '/api/refresh_token',
      headers: { authorization: `Bearer ${person.token}`, 'content-type': 'text/plain' },
      payload: 'x'
    })
    expect(refusal(answer)).toBe('415 media_type_unsupported')
  })
})

describe('a cookie changes state from our own pages alone', () => {
  test.each([
    ['no Origin', {}, 403],
    ['another Origin', { origin: 'http://evil.example' }, 403],
    ['our host on another port', { origin: 'http://localhost:3001' }, 403],
    ['our Origin', { origin: ours }, 201],
    ['Sec-Fetch-Site of the same origin', { 'sec-fetch-site': 'same-origin' }, 200],
    ['Sec-Fetch-Site of another origin', { 'sec-fetch-site': 'same-site' }, 403]
  ])('with %s: %i', async (_what, headers, status) => {
    const cookie = await cookieOfJohn()
    const answer = await parley.inject({
      method: 'POST',
      url: '/api/conversations',
      headers: { cookie, ...(headers as Record<string, string>) },
      payload: { username: 'jane' }
    })
    expect(answer.statusCode).toBe(status)
    if (status === 403) expect(refusal(answer)).toBe('403 origin_mismatch')
  })

  test('a token needs no Origin, because pages of other sites do not have it', async () => {
    const answer = await john.post(
      '/api/conversations',
      { username: 'jane' },
      { origin: 'http://evil.example' }
    )
    expect(answer.statusCode).toBe(200)
  })
})
