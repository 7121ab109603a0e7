import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to NATS on which messages get lost, and nothing else does. */
export type HintLoss = {
  readonly port: number
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Passes on to the NATS at `port`; of what it sends, the messages for which `isLost` says so do not arrive. */
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
    const sieve = sieveOf(isLost)
    nats.on('data', (bytes: Buffer) => void client.write(sieve(bytes)))
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

/** Takes what NATS sends, in any pieces; gives what of it is to be passed on, in whole lines. */
function sieveOf(isLost: () => boolean): (bytes: Buffer) => Buffer {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    const kept: Buffer[] = []
    for (;;) {
      const line = rest.indexOf('\r\n')
      if (line < 0) break
      const head = rest.toString('latin1', 0, line)
      const isMessage = head.startsWith('MSG ')
      // Its last word is the size of what follows on lines of its own.
      const end = line + 2 + (isMessage ? Number(head.split(' ').at(-1)) + 2 : 0)
      if (rest.length < end) break
      if (!isMessage || !isLost()) kept.push(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    return Buffer.concat(kept)
  }
}
