import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { describe, expect, test } from 'vitest'
import { parseNatsUrl } from '../../../../server/platform/realtime/nats-url.ts'
import { NatsBus, type NatsBusOptions } from '../../../../server/platform/realtime/nats-bus.ts'
import { hasNats, startNats } from '../../../harness/nats.ts'
import { openTcpProxy } from '../../../harness/tcp-proxy.ts'

/** Opens a bus and records its state changes. */
async function join(url: string, options: Partial<NatsBusOptions> = {}) {
  const states: string[] = []
  let changed = Promise.withResolvers<void>()
  const bus = await NatsBus.open(parseNatsUrl(url)!, {
    epoch: 'epoch',
    onState(state, reason) {
      states.push(reason === '' ? state : `${state}: ${reason}`)
      changed.resolve()
      changed = Promise.withResolvers()
    },
    ...options
  })
  async function until(state: string): Promise<void> {
    while (bus.state !== state) await changed.promise
  }
  return { bus, states, until, recovered: () => new Promise<void>((resolve) => bus.onRecovered(resolve)) }
}

describe.skipIf(!hasNats)('NATS (needs nats-server)', { timeout: 30_000 }, () => {
  test('N5: that is unavailable at the start is awaited, and earlier subscriptions take effect then', async () => {
    await using nats = await startNats()
    await nats.stop()
    const { bus, states, recovered } = await join(nats.url, { retryMs: 50 })
    expect(states).toEqual(['degraded: connection refused'])
    const received = new Promise((resolve) => bus.subscribe(1, { head: resolve, signal() {} }))
    bus.publishHead(1, 4)
    const back = recovered()
    await nats.start()
    await back
    expect(bus.state).toBe('ok')

    const other = await join(nats.url)
    other.bus.publishHead(1, 5)
    expect(await received).toBe(5)
    await Promise.all([bus.close(), other.bus.close()])
  })

  test('N5: that goes away and comes back delivers again, and reports it first', async () => {
    await using nats = await startNats()
    const [john, jane] = await Promise.all([join(nats.url, { retryMs: 50 }), join(nats.url, { retryMs: 50 })])
    const heads: number[] = []
    const signals: unknown[] = []
    let received = Promise.withResolvers<void>()
    await jane.bus.subscribe(1, {
      head(head) {
        heads.push(head)
        received.resolve()
      },
      signal: (signal) => void signals.push(signal)
    }).ready
    for (let round = 1; round <= 2; round++) {
      const back = [john.recovered(), jane.recovered()]
      await nats.stop()
      await Promise.all([john.until('degraded'), jane.until('degraded')])
      john.bus.publishHead(1, 10 * round)
      john.bus.publishSignal(1, { name: 'typing', data: { conversationId: '1', userId: '2' } })
      john.bus.publishPresence('late')
      await nats.start()
      await Promise.all(back)
      received = Promise.withResolvers()
      john.bus.publishHead(1, 10 * round + 1)
      await received.promise
    }
    // Messages published without a connection are not queued: there may be many.
    expect(heads).toEqual([11, 21])
    expect(signals).toEqual([])
    expect(jane.states).toEqual([
      'degraded: the connection is lost',
      'ok',
      'degraded: the connection is lost',
      'ok'
    ])
    await Promise.all([john.bus.close(), jane.bus.close()])
  })

  test('N6: that was closed delivers nothing more, whatever is committed meanwhile', async () => {
    await using nats = await startNats()
    const { bus } = await join(nats.url)
    const closed = new AbortController()
    const closing = bus.close().then(() => closed.abort())
    for (let head = 1; !closed.signal.aborted; head++) {
      bus.publishHead(1, head)
      bus.publishSession({ userId: 1, sessionId: 2, expiresAt: 0 })
      bus.publishSignal(1, { name: 'typing', data: { conversationId: '1', userId: '2' } })
      await setImmediate()
    }
    await closing
  })

  test('N5: that falls silent is degraded after two missed pings, and recovers with the next answer', async () => {
    await using nats = await startNats()
    await using proxy = await openTcpProxy({ port: nats.port, host: '127.0.0.1' })
    const { bus, states, until, recovered } = await join(`nats://127.0.0.1:${proxy.port}`, {
      pingIntervalMs: 300
    })
    const back = recovered()
    proxy.suffer({ silent: true })
    await until('degraded')
    proxy.suffer({})
    await back
    expect(states.slice(0, 2)).toEqual(['degraded: it does not answer', 'ok'])
    await bus.close()
  })

  test.each([
    ['without a name', (port: number) => `nats://127.0.0.1:${port}`],
    ['with a wrong password', (port: number) => `nats://parley:wrong@127.0.0.1:${port}`],
    ['with a token', (port: number) => `nats://sesame@127.0.0.1:${port}`]
  ])(
    'N5: that requires a password refuses the start %s, and the error does not contain it',
    async (_, urlAt) => {
      await using nats = await startNats({ config: 'authorization { user: parley, password: sesame }' })
      const refused = join(urlAt(nats.port))
      await expect(refused).rejects.toThrow(
        `NATS at 127.0.0.1:${nats.port} refuses Parley: Authorization Violation. ` +
          'Check the name, the password and the permissions behind NATS_URL.'
      )
      const { bus } = await join(`nats://parley:sesame@127.0.0.1:${nats.port}`)
      expect(bus.state).toBe('ok')
      await bus.close()
    }
  )

  test.each(['publish', 'subscribe'])('N5: that does not let Parley %s refuses the start', async (act) => {
    await using nats = await startNats({
      config: `authorization { users: [{
        user: parley, password: sesame, permissions: { ${act}: "other.>" }
      }] }`
    })
    await expect(join(`nats://parley:sesame@127.0.0.1:${nats.port}`)).rejects.toThrow(
      /refuses Parley: .*Permissions/i
    )
  })

  test('N5: that refuses the connection later is retried until it accepts', async () => {
    await using nats = await startNats()
    const refused = Promise.withResolvers<void>()
    let refusals = 0
    const strict = createServer((socket) => {
      const about = {
        server_id: 'strict',
        version: '2.9.10',
        proto: 1,
        max_payload: 1_048_576,
        auth_required: true
      }
      socket.write(`INFO ${JSON.stringify(about)}\r\n`)
      socket.once('data', () => socket.end("-ERR 'Authorization Violation'\r\n"))
      // The client would give up after two in a row.
      if (++refusals === 4) refused.resolve()
    }).listen(0, '127.0.0.1')
    await once(strict, 'listening')
    const target = { port: nats.port, host: '127.0.0.1' }
    await using proxy = await openTcpProxy(target)
    const { bus, until, recovered } = await join(`nats://127.0.0.1:${proxy.port}`, { retryMs: 50 })
    target.port = (strict.address() as AddressInfo).port
    proxy.cut()
    await until('degraded')
    await refused.promise
    const back = recovered()
    target.port = nats.port
    await back
    await bus.close()
    strict.close()
  })

  test('N2: invalid hints are ignored: junk, another epoch', async () => {
    await using nats = await startNats()
    const [{ bus }, old, junk] = await Promise.all([
      join(nats.url),
      join(nats.url, { epoch: 'before' }),
      connect({ servers: nats.url })
    ])
    const heads: number[] = []
    const changes: unknown[] = []
    const last = new Promise<void>((resolve) =>
      bus.onSession((change) => {
        changes.push(change)
        if (change.expiresAt === 1) resolve()
      })
    )
    const signals: unknown[] = []
    await bus.subscribe(1, { head: (head) => heads.push(head), signal: (signal) => signals.push(signal) })
      .ready
    old.bus.publishHead(1, 100)
    old.bus.publishSignal(1, { name: 'typing', data: { conversationId: '1', userId: '2' } })
    old.bus.publishSession({ userId: 1, sessionId: 1, expiresAt: 0 })
    await setImmediate()
    await old.bus.close()
    const typing = ['{"name":"typing"}', '{"name":"typing","data":{"userId":1}}', '{"name":"x","data":{}}']
    for (const text of ['', '-1', '1.5', '1e21', 'NaN', '[]', '9'.repeat(400), '\0', ...typing, '7']) {
      junk.publish('parley.epoch.user.1', text)
    }
    for (const text of ['', '{}', 'null', '[1]', '{"userId":1,"sessionId":"1","expiresAt":0}', '\xff']) {
      junk.publish('parley.epoch.sessions', text)
    }
    junk.publish('parley.epoch.sessions', '{"userId":1,"sessionId":1,"expiresAt":1}')
    await last
    expect([heads, signals, changes]).toEqual([[7], [], [{ userId: 1, sessionId: 1, expiresAt: 1 }]])
    await Promise.all([bus.close(), junk.close()])
  })
})

test('N5: a listener that is not NATS counts as an unavailable NATS', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
    0,
    '127.0.0.1'
  )
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { bus } = await join(`nats://127.0.0.1:${port}`)
  expect(bus.state).toBe('degraded')
  await bus.close()
  server.close()
})
