import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A NATS proxy that drops messages and nothing else. */
export type HintLoss = {
  readonly port: number
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Proxies the NATS server at `port` and drops each message for which `isLost` returns true. */
export async function openHintLoss(port: number, isLost: () => boolean): Promise<HintLoss> {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const nats = connect(port, '127.0.0.1')
    for (const [end, other] of [
      [client, nats],
      [nats, client]
    ] as const) {
      open.add(end)
      end.on('error', () => {})
      end.on('close', () => {
        open.delete(end)
        other.destroy()
      })
    }
    client.on('data', (bytes: Buffer) => void nats.write(bytes))
    const filter = filterOf(isLost)
    nats.on('data', (bytes: Buffer) => void client.write(filter(bytes)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  async function close(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    for (const socket of open) socket.destroy()
    await closed
  }
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close }
}

/** Returns a filter for the bytes from NATS, cut anywhere; it returns the lines to forward. */
function filterOf(isLost: () => boolean): (bytes: Buffer) => Buffer {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    const kept: Buffer[] = []
    for (;;) {
      const line = rest.indexOf('\r\n')
      if (line < 0) break
      const head = rest.toString('latin1', 0, line)
      const isMessage = head.startsWith('MSG ')
      // The last field of a MSG line is the size of the payload that follows.
      const end = line + 2 + (isMessage ? Number(head.split(' ').at(-1)) + 2 : 0)
      if (rest.length < end) break
      if (!isMessage || !isLost()) kept.push(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    return Buffer.concat(kept)
  }
}
