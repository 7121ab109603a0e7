import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What a connection suffers; all of it ends with the next faults that are set. */
export type LinkFaults = {
  /** So many bytes of the answer get through, counted from when this was set; then both ends are closed. */
  cutAfterBytes?: number
  /** Whatever is read, in either direction, is passed on so much later. */
  delayMs?: number
  /** Of the answer. */
  bytesPerSecond?: number
  /** A network that is gone without a word: no byte, end or reset gets through in either direction. */
  silent?: boolean
}

/** One client's connection through the proxy. */
export type Link = {
  /** Bytes of the answer that were passed on. */
  readonly answered: number
  /** Resolves when both ends are closed. */
  readonly closed: Promise<unknown>
  /** Replaces the faults. A link that was silent goes on where it was, an end that was held back included. */
  suffer(faults: LinkFaults): void
  /** Closes both ends, now. */
  cut(): void
}

/** A TCP proxy on a port of its own that breaks what goes through it, as it is told. */
export type TcpProxy = {
  readonly port: number
  /** For HTTP. */
  readonly url: string
  /** Open ones, oldest first. */
  readonly links: readonly Link[]
  /** Answers that were cut at their byte so far. */
  readonly cuts: number
  /** Sets the faults of every link, open or to come. */
  suffer(faults: LinkFaults): void
  /** Cuts every open link. */
  cut(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Listens on a free port of the loopback and passes on to `target`, which may be away meanwhile. */
export async function openTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  let faults: LinkFaults = {}
  let cuts = 0
  const links = new Set<Link>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, host: target.host ?? 'localhost', allowHalfOpen: true })
    const link = openLink(client, upstream, faults, () => void cuts++)
    links.add(link)
    void link.closed.then(() => links.delete(link))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const cut = () => {
    for (const link of links) link.cut()
  }
  async function close(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    cut()
    await closed
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get links() {
      return [...links]
    },
    get cuts() {
      return cuts
    },
    suffer(next) {
      faults = next
      for (const link of links) link.suffer(next)
    },
    cut,
    close,
    [Symbol.asyncDispose]: close
  }
}

/** Slices of a throttled answer a second. */
const slicesPerSecond = 10

function openLink(client: Socket, upstream: Socket, initial: LinkFaults, onCut: () => void): Link {
  let faults = initial
  let bytesLeft = faults.cutAfterBytes ?? Infinity
  let answered = 0
  /** Resolves when the faults change. */
  let changed = Promise.withResolvers<void>()
  const over = new AbortController()
  const ends = [client, upstream]
  const closed = Promise.all(ends.map((end) => new Promise((resolve) => end.once('close', resolve))))

  function suffer(next: LinkFaults): void {
    faults = next
    bytesLeft = next.cutAfterBytes ?? Infinity
    changed.resolve()
    changed = Promise.withResolvers()
  }
  function cut(): void {
    over.abort()
    changed.resolve()
    for (const end of ends) end.destroy()
  }
  /** Resolves once the link is not silent, or is over. */
  async function audible(): Promise<void> {
    while (faults.silent && !over.signal.aborted) await changed.promise
  }
  async function wait(ms: number): Promise<void> {
    await delay(ms, null, { signal: over.signal }).catch(() => null)
  }

  /** Resolves when the bytes were taken: neither end can send faster than the other reads. */
  async function pass(to: Socket, bytes: Buffer): Promise<void> {
    if (to.writable && !to.write(bytes)) await once(to, 'drain', { signal: over.signal }).catch(() => null)
  }
  async function answer(bytes: Buffer): Promise<void> {
    for (let rest = bytes; !over.signal.aborted;) {
      const slice = Math.ceil((faults.bytesPerSecond ?? Infinity) / slicesPerSecond)
      const part = rest.subarray(0, Math.min(slice, bytesLeft))
      rest = rest.subarray(part.length)
      bytesLeft -= part.length
      answered += part.length
      if (part.length > 0) await pass(client, part)
      if (bytesLeft === 0) {
        onCut()
        over.abort()
        upstream.destroy()
        // After what was written: the cut is at this byte and no earlier.
        client.destroySoon()
      }
      if (faults.bytesPerSecond) await wait(1_000 / slicesPerSecond)
      if (rest.length === 0) return
      await audible()
    }
  }
  async function pump(from: Socket, to: Socket, passOn: (bytes: Buffer) => Promise<void>): Promise<void> {
    from.on('error', () => void audible().then(cut))
    try {
      for await (const bytes of from.iterator({ destroyOnReturn: false })) {
        await audible()
        if (faults.delayMs) await wait(faults.delayMs)
        await audible()
        await passOn(bytes as Buffer)
      }
      await audible()
      to.end()
    } catch {
      // Told by 'error', or cut here.
    }
  }
  void pump(client, upstream, (bytes) => pass(upstream, bytes))
  void pump(upstream, client, answer)
  return {
    get answered() {
      return answered
    },
    closed,
    suffer,
    cut
  }
}
