import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal, startInProcess, type InProcess } from '../../harness/in-process.ts'

let parley: InProcess
beforeAll(async () => {
  parley = await startInProcess()
})
afterAll(() => parley.close())

const ours = { origin: 'http://localhost:3000' }

function login(payload: unknown, headers: Record<string, string> = {}, query = '') {
  return parley.inject({ method: 'POST', url: `/api/login${query}`, headers, payload: payload as object })
}

/** Returns the status of a sign-in of john's, sent byte by byte. */
function statusOf(port: number, version: string, ...hosts: string[]): Promise<number> {
  return statusOfLines(
    port,
    version,
    hosts.map((host) => `Host: ${host}`)
  )
}

async function statusOfLines(port: number, version: string, given: string[]): Promise<number> {
  const socket = connect(port, 'localhost')
  const body = '{"username": "john"}'
  const lines = ['Content-Type: application/json', `Content-Length: ${body.length}`]
  socket.write([`POST /api/login HTTP/${version}`, ...given, ...lines, '', body].join('\r\n'))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return Number(answer.toString().split(' ')[1])
}

const proxied = (
  'Forwarded X-Forwarded-For X-Forwarded-Proto X-Forwarded X-Real-IP Via CDN-Loop CF-Ray CF-Connecting-IP True-Client-IP X-Client-IP X-Cluster-Client-IP ' +
  'X-Original-Host Fastly-Client-IP X-Amz-Cf-Id X-Amzn-Trace-Id X-Azure-Ref Fly-Client-IP X-Vercel-Id X-Envoy-External-Address X-Request-ID X-Cloud-Trace-Context Tailscale-User-Login'
).split(' ')

describe('the development login', () => {
  test("returns john's user, a token and its expiry in two weeks", async () => {
    const answer = await login({ username: 'john' })
    expect(answer.statusCode).toBe(200)
    const body = answer.json()
    expect(body).toEqual({
      authUser: { id: expect.stringMatching(/^\d+$/), username: 'john', avatarURL: null },
      token: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    })
    const days = (Date.parse(body.expiresAt) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(13.9)
    expect(days).toBeLessThanOrEqual(14)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  test('ignores case and surrounding spaces', async () => {
    expect((await login({ username: ' JOHN ' })).json().authUser.username).toBe('john')
  })

  test('knows no other users', async () => {
    expect(refusal(await login({ username: 'unknown' }))).toBe('404 user_not_found')
  })

  test.each([
    ['no username', {}, '422 validation_failed username'],
    ['a blank username', { username: ' ' }, '422 validation_failed username'],
    ['a number', { username: 1 }, '422 validation_failed username'],
    ['null', { username: null }, '422 validation_failed username'],
    ['an unknown field', { username: 'john', admin: true }, '422 validation_failed admin'],
    ['NUL', { username: 'jo\0hn' }, '422 validation_failed username'],
    ['a lone surrogate', '{"username":"\\ud800"}', '422 validation_failed username'],
    ['a list', [], '422 validation_failed body'],
    ['not JSON', '{"username":', '400 malformed_request'],
    ['a prototype', '{"__proto__":{"username":"john"}}', '400 malformed_request'],
    ['an empty body', '', '422 validation_failed body']
  ])('refuses %s', async (_what, payload, expected) => {
    expect(refusal(await login(payload, { 'content-type': 'application/json' }))).toBe(expected)
  })

  test('refuses a body that is not UTF-8', async () => {
    const answer = await parley.inject({
      method: 'POST',
      url: '/api/login',
      headers: { 'content-type': 'application/json' },
      payload: Buffer.from([...Buffer.from('{"username":"'), 0xff, ...Buffer.from('"}')])
    })
    expect(refusal(answer)).toBe('400 malformed_request')
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp'])(
    'refuses a body of type %s',
    async (type) => {
      const answer = await login('{"username":"john"}', { 'content-type': type })
      expect(refusal(answer)).toBe('415 media_type_unsupported')
    }
  )

  test('refuses a missing body', async () => {
    expect(refusal(await parley.inject({ method: 'POST', url: '/api/login' }))).toBe(
      '422 validation_failed body'
    )
  })

  test.each<[string, Record<string, string>]>([
    ...proxied.map((name): [string, Record<string, string>] => [name, { [name]: '192.0.2.1' }]),
    ['the Host of another name', { host: 'evil.example:3000' }],
    ['another port', { host: 'localhost:3001' }],
    ['no port', { host: 'localhost' }],
    ['an IP address of this machine', { host: '127.0.0.1:3000' }],
    ['an upstream name as Host', { host: 'parley' }]
  ])('L2: refuses a request with %s', async (_what, headers) => {
    expect(refusal(await login({ username: 'john' }, headers))).toBe('404 login_unavailable')
  })

  test.each([
    ['another Origin', { origin: 'http://localhost:5173' }],
    ['a null Origin', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }]
  ])('L2: refuses a page of %s', async (_what, headers) => {
    expect(refusal(await login({ username: 'john' }, headers))).toBe('403 origin_mismatch')
  })

  test('accepts what browsers, curl and scripts send', async () => {
    const chrome = {
      ...ours,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
      'sec-ch-ua-platform': '"Linux"',
      referer: 'http://localhost:3000/',
      'accept-language': 'en',
      connection: 'keep-alive',
      cookie: 'a=b'
    }
    const python = { 'user-agent': 'Python-urllib/3.13', connection: 'close' }
    for (const headers of [chrome, { accept: '*/*', 'user-agent': 'curl/8' }, python]) {
      expect((await login({ username: 'john' }, headers)).statusCode).toBe(200)
    }
  })

  test('L2: refuses HTTP/1.0, two Hosts, and port 80 if it listens on another', async () => {
    const port = Number(new URL(await parley.listen()).port)
    expect(await statusOf(port, '1.1', 'localhost:3000')).toBe(200)
    expect(await statusOf(port, '1.0', 'localhost:3000')).toBe(404)
    expect(await statusOf(port, '1.1', 'localhost:3000', 'localhost:3000')).toBe(404)
    expect(await statusOf(port, '1.1', 'localhost:3000', 'chat.example.org')).toBe(404)

    // Scripts and nginx close their connections like this.
    const host = 'localhost:3000'
    for (const [status, lines] of [
      [200, [`Host: ${host}`, 'User-Agent: curl/8', 'Connection: close']],
      [200, [`host: ${host}`, 'connection: close']],
      [404, [`Host: ${host}`, 'Connection: close']]
    ] as const) {
      expect(await statusOfLines(port, '1.1', [...lines])).toBe(status)
    }

    const at80 = await startInProcess({ ORIGIN: 'http://localhost' })
    expect(await statusOf(Number(new URL(await at80.listen()).port), '1.1', 'localhost')).toBe(404)
    await at80.close()
  })

  test("is listed among the server's sign-in methods", async () => {
    const answer = await parley.inject('/api/login_methods')
    expect(answer.json()).toEqual({ github: false, development: true })
  })
})

describe('cookie mode', () => {
  test('sets a cookie that scripts cannot read, and returns no token', async () => {
    const answer = await login({ username: 'john' }, ours, '?session=cookie')
    expect(Object.keys(answer.json())).toEqual(['authUser', 'expiresAt'])
    const [cookie] = answer.cookies
    expect(cookie).toMatchObject({ name: 'parley_session', httpOnly: true, sameSite: 'Lax', path: '/' })
    expect(cookie!.secure).toBeUndefined()
    expect(new Date(cookie!.expires!).getTime()).toBeGreaterThan(Date.now() + 13 * 86_400_000)
  })

  test.each([
    ['no Origin', {}],
    ['another Origin', { origin: 'http://evil.example' }],
    ['a null Origin', { origin: 'null' }]
  ])('refuses %s', async (_what, headers) => {
    expect(refusal(await login({ username: 'john' }, headers, '?session=cookie'))).toBe('403 origin_mismatch')
  })

  test.each(['?session=token', '?session=', '?session=cookie&session=cookie', '?x=1'])(
    'refuses %s',
    async (query) => {
      expect(refusal(await login({ username: 'john' }, ours, query))).toMatch(
        /^422 validation_failed (session|x)$/
      )
    }
  )
})

test('the development login is available only on localhost', async () => {
  const elsewhere = await startInProcess({ ORIGIN: 'https://chat.example.org' })
  const answer = await elsewhere.inject({ method: 'POST', url: '/api/login', payload: { username: 'john' } })
  expect(refusal(answer)).toBe('404 login_unavailable')
  expect((await elsewhere.inject('/api/login_methods')).json()).toEqual({ github: false, development: false })
  await elsewhere.close()
})
