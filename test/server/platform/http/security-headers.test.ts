import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Sessions } from '../../../../server/sessions/sessions.ts'
import { addUsers } from '../../../../server/people/people.ts'
import { startInProcess, type InProcess } from '../../../harness/in-process.ts'

/** The headers that helmet sets; of the policy, the part that every answer has. */
const everywhere = {
  'content-security-policy': /frame-ancestors 'none'$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'origin-agent-cluster': /^\?1$/,
  'referrer-policy': /^no-referrer$/,
  'strict-transport-security': /^max-age=31536000; includeSubDomains$/,
  'x-content-type-options': /^nosniff$/,
  'x-dns-prefetch-control': /^off$/,
  'x-download-options': /^noopen$/,
  'x-frame-options': /^DENY$/,
  'x-permitted-cross-domain-policies': /^none$/,
  'x-xss-protection': /^0$/,
  date: /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/,
  'cache-control': /./
}

let parley: InProcess
let port: number
let token: string
beforeAll(async () => {
  parley = await startInProcess({
    ORIGIN: 'https://chat.example.org',
    HOST: '127.0.0.1',
    GITHUB_CLIENT_ID: 'id',
    GITHUB_CLIENT_SECRET: 'secret'
  })
  const { store } = parley.app
  await addUsers(store, ['john'])
  const [[, id]] = (await store.read('findUserIds', { keys: ['john'] })) as [[string, number]]
  token = (await new Sessions(store).start(id)).token
  port = Number(new URL(await parley.listen()).port)
})
afterAll(() => parley.close())

/** Sends bytes and returns the answer's status and headers. */
async function headOf(bytes: string): Promise<{ status: number; headers: Headers }> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  let answer = ''
  while (!answer.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    answer += chunk.toString()
  }
  socket.destroy()
  const [first, ...lines] = answer.split('\r\n\r\n')[0]!.split('\r\n')
  const headers = lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])
  // No header occurs twice.
  expect(new Set(headers.map(([name]) => name.toLowerCase())).size).toBe(headers.length)
  return { status: Number(first!.split(' ')[1]), headers: new Headers(headers) }
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
const stream = 'Accept: text/event-stream\r\n'

describe('L3: every answer has the headers of helmet, and a date', () => {
  test.each([
    ['an answer', 200, () => get('/api/login_methods')],
    ['the API document', 200, () => get('/api/openapi.json')],
    ['health', 200, () => get('/livez')],
    ['a redirect', 307, () => get('/api/oauth/github')],
    ['a refusal', 401, () => get('/api/auth_user')],
    ['an unknown path', 404, () => get('/api/nope')],
    ['a missing asset', 404, () => get('/assets/nope.js')],
    ['an unsupported method', 405, () => get('/api/logout')],
    [
      'a body of another type',
      415,
      () =>
        `POST /api/refresh_token HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: x/y\r\nContent-Length: 1\r\n\r\nx`
    ],
    ['a path that is not UTF-8', 400, () => get('/%ff')],
    ['an expectation', 404, () => get('/api/nope', 'Expect: something\r\n')],
    ['a request without Host', 400, () => 'GET /livez HTTP/1.1\r\n\r\n'],
    ['bytes that are not HTTP', 400, () => 'hello\r\n\r\n'],
    ['oversized headers', 431, () => get('/livez', `X: ${'a'.repeat(20_000)}\r\n`)],
    ['an event stream', 200, () => get(`/api/messages?token=${token}`, stream)],
    ['an event stream without a session', 401, () => get('/api/messages', stream)]
  ])('%s', async (_what, status, bytes) => {
    const head = await headOf(bytes())
    const found = Object.keys(everywhere).map((name) => [name, head.headers.get(name)] as const)
    expect(found.filter(([name, value]) => !everywhere[name as 'date'].test(value ?? ''))).toEqual([])
    expect(head.status).toBe(status)
  })

  test('the web app’s page runs only its own files', async () => {
    const { headers } = await headOf(get('/'))
    const found = Object.keys(everywhere).map((name) => [name, headers.get(name)] as const)
    expect(found.filter(([name, value]) => !everywhere[name as 'date'].test(value ?? ''))).toEqual([])
    const policy = headers.get('content-security-policy')!
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toContain('unsafe')
  })
})

test('without TLS there is no HSTS header', async () => {
  const plain = await startInProcess({ ORIGIN: 'http://chat.example.org', HOST: '127.0.0.1' })
  expect((await plain.inject('/livez')).headers['strict-transport-security']).toBeUndefined()
  await plain.close()
})
