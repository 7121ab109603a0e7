import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openTcpProxy, type LinkFaults, type TcpProxy } from './tcp-proxy.ts'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close()
})

/** Opens a proxy and returns both ends of a connection through it. */
async function openPair(faults: LinkFaults = {}, allowHalfOpen = false) {
  const server = createServer({ allowHalfOpen }).listen(0, '127.0.0.1')
  opened.push(server)
  await once(server, 'listening')
  const proxy = await openTcpProxy({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  opened.push(proxy)
  proxy.suffer(faults)
  return { proxy, ...(await connectThrough(proxy, server)) }
}

async function connectThrough(proxy: TcpProxy, server: ReturnType<typeof createServer>) {
  const client = connect(proxy.port, '127.0.0.1')
  const [served] = (await once(server, 'connection')) as [Socket]
  for (const end of [client, served]) {
    opened.push({ close: () => end.destroy() })
    end.on('error', () => {})
  }
  return { client, served, got: collect(client), asked: collect(served) }
}

function collect(socket: Socket) {
  const got = { text: '', ended: once(socket, 'end'), closed: once(socket, 'close') }
  socket.on('data', (bytes: Buffer) => void (got.text += bytes.toString()))
  return {
    ...got,
    get text() {
      return got.text
    },
    async until(text: string) {
      while (got.text !== text) await once(socket, 'data')
    }
  }
}

test('forwards bytes and half-closes in each direction independently', async () => {
  const { proxy, client, served, got, asked } = await openPair({}, true)
  client.end('question')
  await asked.ended
  served.end('answer')
  await got.ended
  expect([asked.text, got.text]).toEqual(['question', 'answer'])
  await Promise.all([got.closed, asked.closed])
  while (proxy.links.length > 0) await proxy.links[0]!.closed
})

test('delivers a response larger than all buffers in full to a slow reader', async () => {
  const { client, served } = await openPair()
  let bytes = 0
  client.removeAllListeners('data')
  client.pause()
  served.end(Buffer.alloc(20_000_000, 'x'))
  for await (const chunk of client) bytes += (chunk as Buffer).length
  expect(bytes).toBe(20_000_000)
})

test('cuts a response at the requested byte, within a chunk and before the first byte', async () => {
  for (let cutAfterBytes = 0; cutAfterBytes < 12; cutAfterBytes++) {
    const { proxy, client, served, got, asked } = await openPair({ cutAfterBytes })
    client.write('question')
    await asked.until('question')
    served.write('answer')
    if (cutAfterBytes > 6) {
      await got.until('answer')
      served.write('s, more of them')
    }
    await Promise.all([got.closed, asked.closed])
    expect(got.text).toBe('answers, more of them'.slice(0, cutAfterBytes))
    expect(proxy.links).toEqual([])
    expect(proxy.cuts).toBe(1)
  }
})

test('counts a cut from when it was set, on open links', async () => {
  const { proxy, served, got } = await openPair()
  served.write('first')
  await got.until('first')
  expect(proxy.links[0]!.answered).toBe(5)
  proxy.suffer({ cutAfterBytes: 2 })
  served.write('second')
  await got.closed
  expect(got.text).toBe('firstse')
})

test('a silent link forwards no byte and no close in either direction until it is restored', async () => {
  const { proxy, client, served, got, asked } = await openPair()
  client.write('before')
  await asked.until('before')
  proxy.suffer({ silent: true })
  served.end('lost for now')
  client.write(' and after')
  // A round trip on another connection is enough time for a forwarded byte to arrive.
  const other = await openPair({}, true)
  other.client.end('there')
  await other.asked.ended
  other.served.end('and back')
  await other.got.ended
  expect([asked.text, got.text, client.readableEnded]).toEqual(['before', '', false])
  proxy.suffer({})
  await Promise.all([got.ended, asked.until('before and after')])
  expect(got.text).toBe('lost for now')
})

test('a silent link holds back a reset; other links forward it', async () => {
  const { proxy, served, got } = await openPair()
  proxy.suffer({ silent: true })
  served.resetAndDestroy()
  await once(served, 'close')
  proxy.suffer({})
  await got.closed
})

test('a delay and a throttle deliver every byte in order', async () => {
  const { proxy, served, got } = await openPair({ delayMs: 5, bytesPerSecond: 100 })
  const startedAt = performance.now()
  for (const part of ['one ', 'two ', 'three ', 'four']) served.write(part)
  await got.until('one two three four')
  // At ten bytes per slice, the second slice waited for its turn.
  expect(performance.now() - startedAt).toBeGreaterThan(90)
  proxy.suffer({})
  served.end(' and the rest at once')
  await got.ended
  expect(got.text).toBe('one two three four and the rest at once')
})

test('an unreachable target closes the connection, and closing the proxy closes all connections', async () => {
  const { proxy, got, asked } = await openPair()
  await proxy.close()
  await Promise.all([got.closed, asked.closed])
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const away = await openTcpProxy({ port, host: '127.0.0.1' })
  opened.push(away)
  const client = connect(away.port, '127.0.0.1')
  client.on('error', () => {})
  client.resume()
  await once(client, 'close')
})
