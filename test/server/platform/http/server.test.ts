import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem, type ProblemDocument } from '@parley/contract/problems'
import { paths } from '@parley/contract/paths'
import { routes } from '@parley/contract/routes'
import { readConfig } from '../../../../server/config.ts'
import { Sessions } from '../../../../server/sessions/sessions.ts'
import { createApi } from '../../../../server/routes.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../../harness/in-process.ts'

let parley: InProcess
let john: Person
let port: number
beforeAll(async () => {
  parley = await startInProcess()
  port = Number(new URL(await parley.listen()).port)
  john = await parley.signIn('john')
})
afterAll(() => parley.close())

/** Sends raw bytes and returns the answer until the server closes. */
async function raw(bytes: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect(port, host)
  await once(socket, 'connect')
  socket.write(bytes)
  return text(socket)
}

function problemIn(answer: string): string {
  const [head, body] = answer.split('\r\n\r\n')
  const document = JSON.parse(body!) as ProblemDocument
  expect(head).toContain('Content-Type: application/problem+json')
  expect(head).toContain(`HTTP/1.1 ${document.status} `)
  return `${document.status} ${document.code}`
}

describe('an unsupported method', () => {
  const addresses = new Map<string, string[]>()
  for (const { url, method } of Object.values(routes)) {
    addresses.set(url, [...(addresses.get(url) ?? []), method])
  }

  test.each([...addresses])('%s takes %j alone', async (url, methods) => {
    const address = url.replace(':conversationId', '1')
    const heads = methods.includes('GET') && url !== paths.events ? ['HEAD'] : []
    const allowed = [...methods, ...heads]
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'] as const) {
      if (allowed.includes(method)) continue
      const answer = await parley.inject({
        method: method as 'GET',
        url: address,
        headers: { 'content-type': 'text/plain' }
      })
      expect([method, answer.statusCode]).toEqual([method, 405])
      expect(String(answer.headers.allow).split(', ').toSorted()).toEqual(allowed.toSorted())
    }
  })

  test('is refused with a problem document, whatever the body', async () => {
    const answer = await parley.inject({ method: 'PUT', url: '/api/login', payload: 'x' })
    expect(refusal(answer)).toBe('405 method_not_allowed')
  })
})

describe('an invalid path', () => {
  test.each(['/api', '/api/', '/api/nope', '/api/login/', '/api/conversations/1/nope', '/metrics'])(
    'is 404: %s',
    async (url) => {
      expect(refusal(await parley.inject(url))).toBe('404 not_found')
      expect(refusal(await parley.inject({ method: 'POST', url, payload: 'x' }))).toBe('404 not_found')
    }
  )

  test.each(['/api/%zz', '/api/conversations/%ff', '/%'])(
    'is 400 if it cannot be decoded: %s',
    async (url) => {
      expect(refusal(await parley.inject(url))).toBe('400 malformed_request')
    }
  )
})

describe('every answer of the API', () => {
  test.each(['/api/auth_user', '/api/conversations', '/api/login_methods', '/api/nope'])(
    '%s is neither cached nor sniffed',
    async (url) => {
      const { headers } = await john.get(url)
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer'
      })
    }
  )
})

describe('health', () => {
  test.each([
    ['fails', () => Promise.reject(new Problem('storage_unavailable'))],
    ['does not answer', () => new Promise<never>(() => {})]
  ])('a process whose database %s is alive and not ready', async (_, bounds) => {
    const { store } = parley.app
    const server = await createApi({
      config: readConfig({}),
      store: { ...store, events: { ...store.events, bounds } },
      hub: parley.app.hub,
      sendTyping: async () => {},
      presence: { list: async () => [] },
      sessions: new Sessions(store),
      logger: pino({ level: 'silent' }),
      ready: () => true,
      busState: () => 'ok'
    })
    expect((await server.inject('/livez')).statusCode).toBe(200)
    expect(refusal(await server.inject('/readyz'))).toBe('503 storage_unavailable')
    await server.close()
  })

  test('the process is alive and ready', async () => {
    expect((await parley.inject('/livez')).json()).toEqual({ status: 'ok' })
    expect((await parley.inject('/readyz')).json()).toEqual({ status: 'ok', database: 'ok', bus: 'ok' })
  })
})

describe('input that is not HTTP', () => {
  test.each(['127.0.0.1', '::1'])('gets a problem document at %s as well', async (host) => {
    expect(problemIn(await raw('nonsense\r\n\r\n', host))).toBe('400 malformed_request')
  })

  test('gets one for a request without Host and for a control character in a header', async () => {
    expect(await raw('GET /livez HTTP/1.1\r\n\r\n')).toContain('HTTP/1.1 400 ')
    expect(problemIn(await raw('GET /livez HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n'))).toBe(
      '400 malformed_request'
    )
  })

  test('gets one for headers of 20 kB', async () => {
    const request = `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`
    expect(problemIn(await raw(request))).toBe('431 headers_too_large')
  })

  test('an incomplete request is answered 408', async () => {
    const { server } = parley.app.server
    const { requestTimeout, headersTimeout } = server
    Object.assign(server, { requestTimeout: 50, headersTimeout: 50 })
    try {
      expect(problemIn(await raw('POST /api/login HTTP/1.1\r\nHost: a\r\n'))).toBe('408 request_timeout')
      const head =
        'POST /api/login HTTP/1.1\r\nHost: localhost:3000\r\nContent-Type: application/json\r\nContent-Length: 9'
      expect(problemIn(await raw(`${head}\r\n\r\n{`))).toBe('408 request_timeout')
    } finally {
      Object.assign(server, { requestTimeout, headersTimeout })
    }
  })

  test('a body shorter than its Content-Length gets 400 or nothing, and never a crash', async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.end(
      'POST /api/login HTTP/1.1\r\nHost: localhost:3000\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'
    )
    await text(socket)
    expect((await parley.inject('/livez')).statusCode).toBe(200)
  })
})
