import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Problem } from '@parley/contract/problems'
import pino from 'pino'
import { readConfig } from '../../../server/config.ts'
import type { Sessions } from '../../../server/sessions/sessions.ts'
import { createApi } from '../../../server/routes.ts'
import { call, callFor, loginAs, type Api } from '../../harness/api.ts'
import { refusal, startInProcess, type InProcess } from '../../harness/in-process.ts'
import { openStream } from '../../harness/stream.ts'

const origin = 'http://localhost:3000'

let parley: InProcess
let url: string
let john: Api
let jane: Api
beforeAll(async () => {
  parley = await startInProcess()
  url = (await parley.listen()).replace('127.0.0.1', 'localhost')
  ;[john, jane] = [await loginAs(url, 'john', origin), await loginAs(url, 'jane', origin)]
})
afterAll(() => parley.close())

const accept = 'text/event-stream'

/** Requests a stream that must be refused; returns `status code`. */
async function refused(query: string, headers: Record<string, string>, method = 'GET'): Promise<string> {
  const answer = await call<{ code: string }>(`${url}/api/messages${query}`, { method, headers })
  return `${answer.status} ${answer.body.code}`
}

describe('a stream may be opened', () => {
  test('with a token, in the header or in the query', async () => {
    const byHeader = await openStream(url, jane.token)
    const byQuery = await openStream(url, '', {
      query: `?token=${jane.token}`,
      headers: { authorization: '' }
    }).catch((error: Error) => error.message)
    // An empty header is malformed and takes precedence, as everywhere.
    expect(byQuery).toContain('401')
    const response = await fetch(`${url}/api/messages?token=${jane.token}`, { headers: { accept } })
    expect(response.status).toBe(200)
    await response.body?.cancel()
    byHeader.cut()
  })

  test('with the cookie', async () => {
    const login = await callFor('localhost:3000', `${url}/api/login?session=cookie`, {
      method: 'POST',
      headers: { origin: 'http://localhost:3000' },
      body: { username: 'jane' }
    })
    const cookie = login.headers.get('set-cookie')!.split(';')[0]!
    const response = await fetch(`${url}/api/messages`, { headers: { accept, cookie } })
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test('but not without a valid session', async () => {
    expect(await refused('', { accept })).toBe('401 unauthenticated')
    expect(await refused(`?token=${'a'.repeat(43)}`, { accept })).toBe('401 unauthenticated')
    expect(await refused('?token=', { accept })).toBe('401 unauthenticated')
    expect(await refused('?token=a&token=b', { accept })).toBe('422 validation_failed')
  })
})

describe('a stream request is refused', () => {
  test.each([{ accept: 'application/json' }, { accept: '*/*' }, { accept: '' }])(
    'if it accepts only %o',
    async (headers) => {
      const authorization = `Bearer ${jane.token}`
      expect(await refused('', { ...headers, authorization })).toBe('406 not_acceptable')
    }
  )

  test.each([
    'x',
    '-1',
    '1',
    'epoch-',
    'epoch--1',
    'epoch-01',
    'epoch-1 ',
    'e'.repeat(10_000),
    'epoch-99999999999999999'
  ])('with the cursor %s', async (cursor) => {
    const headers = { accept, authorization: `Bearer ${jane.token}` }
    expect(await refused(`?after=${encodeURIComponent(cursor)}`, headers)).toBe('400 cursor_invalid')
    // Spaces around a header's value do not belong to it.
    if (cursor !== cursor.trim()) return
    expect(await refused('', { ...headers, 'last-event-id': cursor })).toBe('400 cursor_invalid')
  })

  test('S3: NUL in the cursor is refused, and so is an empty cursor in the query', async () => {
    const headers = { accept, authorization: `Bearer ${jane.token}` }
    expect(await refused('?after=%00', headers)).toBe('400 cursor_invalid')
    expect(await refused('?after=', headers)).toBe('400 cursor_invalid')
    expect(await refused('?after=a-1&after=a-2', headers)).toBe('422 validation_failed')
    expect(await refused('?since=a-1', headers)).toBe('422 validation_failed')
  })

  test.each(['HEAD', 'POST', 'DELETE', 'OPTIONS'])('with the method %s', async (method) => {
    const answer = await call(`${url}/api/messages`, { method, headers: { accept } })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET')
  })
})

describe('a stream', () => {
  test('sends its headers at once, unchunked and uncacheable', async () => {
    const stream = await openStream(url, jane.token)
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close'
    })
    expect(stream.headers.get('transfer-encoding')).toBeNull()
    expect((await stream.next()).name).toBe('sync')
    expect(stream.lastEventId).toMatch(/^[a-z0-9]+-\d+$/)
    stream.cut()
  })

  test('delivers a message unnamed to its recipient, and as message_sent to its sender', async () => {
    const [toJohn, toJane] = [await openStream(url, john.token), await openStream(url, jane.token)]
    const { id } = await john.conversationWith('jane')
    const sent = await john.send(id, 'hello', '0190a7a0-0000-7000-8000-000000000001')
    const received = await toJane.until((event) => event.name === 'message')
    expect(received.data).toEqual({ ...sent, mine: false, clientId: undefined })
    expect((await toJohn.until((event) => event.name === 'message_sent')).data).toEqual(sent)
    toJohn.cut()
    toJane.cut()
  })

  test('S1: resumes after Last-Event-ID, which takes precedence over ?after=', async () => {
    const { id } = await john.conversationWith('jane')
    const first = await openStream(url, jane.token)
    await first.until((event) => event.name === 'sync')
    const start = first.lastEventId
    const one = await john.send(id, 'one')
    await first.until((event) => event.name === 'message')
    first.cut()
    const two = await john.send(id, 'two')

    const ids = async (options: Parameters<typeof openStream>[2]) => {
      const stream = await openStream(url, jane.token, options)
      await stream.until((event) => event.name === 'sync')
      stream.cut()
      return stream.seen
        .filter(({ name }) => name === 'message')
        .map(({ data }) => (data as { id: string }).id)
    }
    expect(await ids({ lastEventId: first.lastEventId })).toEqual([two.id])
    expect(await ids({ query: `?after=${start}` })).toEqual([one.id, two.id])
    expect(await ids({ query: `?after=${start}`, lastEventId: first.lastEventId })).toEqual([two.id])
    expect(await ids({ query: `?after=${start}`, headers: { 'last-event-id': '' } })).toEqual([
      one.id,
      two.id
    ])
  })

  test('resumes from a snapshot without missing events in between', async () => {
    const { id } = await john.conversationWith('jane')
    const snapshot = await jane.get(`/api/conversations/${id}/messages?peek=1`)
    const sent = await john.send(id, 'in between')
    const stream = await openStream(url, jane.token, {
      query: `?after=${snapshot.headers.get('event-cursor')}`
    })
    expect((await stream.next()).data).toMatchObject({ id: sent.id })
    stream.cut()
  })

  test("S12: retains neither its request's parser nor the response", async () => {
    const { server } = parley.app.server
    // Others may connect in the meantime, as fetch does for its pool.
    const accepted: Socket[] = []
    server.on('connection', (socket: Socket) => accepted.push(socket))
    const peer = await openRawStream()
    const socket = accepted.find(({ remotePort }) => remotePort === peer.localPort)
    expect(socket).toMatchObject({ parser: null, _httpMessage: null })
    peer.destroy()
  })

  test('ignores input from its peer, and ends when the peer closes', async () => {
    const peer = await openRawStream()
    peer.write('GET /api/auth_user HTTP/1.1\r\n\r\n')
    peer.write('\0'.repeat(100_000))
    let text = ''
    const hears = new Promise<void>((resolve) => {
      peer.on('data', (chunk) => (text += String(chunk)).includes('still here') && resolve())
    })
    const { id } = await john.conversationWith('jane')
    await john.send(id, 'still here')
    await hears
    expect(text).not.toContain('HTTP/1.1')
    peer.end()
    await once(peer, 'close')
  })

  test('S5: ends with its session', async () => {
    const person = await loginAs(url, 'jane', origin)
    const stream = await openStream(url, person.token)
    await stream.next()
    await person.post('/api/logout')
    await stream.ended
  })
})

/** Opens a stream of jane's on a raw socket whose peer has answered. */
async function openRawStream(): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(
    `GET /api/messages HTTP/1.1\r\nHost: ${hostname}\r\nAccept: ${accept}\r\nAuthorization: Bearer ${jane.token}\r\n\r\n`
  )
  await once(socket, 'data')
  return socket
}

test('S9: a stream that waits to be opened has not been authenticated yet', async () => {
  const { app } = parley
  const turn = Promise.withResolvers<void>()
  const authenticate = vi.fn(() => Promise.reject(new Problem('storage_unavailable')))
  const server = await createApi({
    config: readConfig({}),
    store: app.store,
    hub: { turn: () => turn.promise, open: async () => {} },
    sendTyping: async () => {},
    presence: { list: async () => [] },
    logger: pino({ level: 'silent' }),
    ready: () => true,
    busState: () => 'ok',
    sessions: { authenticate } as unknown as Sessions
  })
  const headers = { authorization: `Bearer ${jane.token}`, accept }
  const stream = server.inject({ url: '/api/messages', headers })
  // Other requests are refused in the meantime.
  expect(refusal(await server.inject({ url: '/api/auth_user', headers }))).toBe('503 storage_unavailable')
  expect(authenticate).toHaveBeenCalledOnce()
  turn.resolve()
  expect((await stream).body).toContain('event: refused')
  expect(authenticate).toHaveBeenCalledTimes(2)
  await server.close()
})

describe('a stream that cannot be opened now', () => {
  test('is refused with status 200 and a retry delay, because EventSource gives up on any other status', async () => {
    const { app } = parley
    const server = await createApi({
      config: readConfig({}),
      store: app.store,
      hub: app.hub,
      sendTyping: async () => {},
      presence: { list: async () => [] },
      logger: pino({ level: 'silent' }),
      ready: () => true,
      busState: () => 'ok',
      sessions: {
        authenticate: () => Promise.reject(new Problem('storage_unavailable'))
      } as unknown as Sessions
    })
    const headers = { authorization: `Bearer ${jane.token}` }
    const answer = await server.inject({ url: '/api/messages', headers: { ...headers, accept } })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, accept])
    expect(answer.body).toMatch(/^retry: 1\d{3}\nevent: refused\ndata: {"code":"storage_unavailable"}\n\n$/)

    const other = await server.inject({ url: '/api/auth_user', headers })
    expect(refusal(other)).toBe('503 storage_unavailable')
    expect(other.headers['retry-after']).toBe('1')
    await server.close()
  })
})
