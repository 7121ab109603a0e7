import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Faults of a connection; the next `suffer` replaces all of them. */
export type LinkFaults = {
  /** Forwards this many bytes of the response, counted from when it was set; then closes both ends. */
  cutAfterBytes?: number
  /** Delay of all bytes in both directions, ms. */
  delayMs?: number
  /** Throttles the response. */
  bytesPerSecond?: number
  /** A network that fails silently: no byte, close or reset passes in either direction. */
  silent?: boolean
}

/** One client's connection through the proxy. */
export type Link = {
  /** Response bytes forwarded so far. */
  readonly answered: number
  /** Resolves when both ends are closed. */
  readonly closed: Promise<unknown>
  /** Replaces the faults. A silent link resumes where it stopped, including a close that it held back. */
  suffer(faults: LinkFaults): void
  /** Closes both ends immediately. */
  cut(): void
}

/** A TCP proxy on its own port that injects faults. */
export type TcpProxy = {
  readonly port: number
  /** The proxy's address for HTTP. */
  readonly url: string
  /** Open links, oldest first. */
  readonly links: readonly Link[]
  /** Number of responses cut at their byte so far. */
  readonly cuts: number
  /** Sets the faults of every link, open or future. */
  suffer(faults: LinkFaults): void
  /** Cuts every open link. */
  cut(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Listens on a free loopback port and forwards to `target`, which may be unreachable in the meantime. */
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

/** Slices per second of a throttled response. */
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
  /** Resolves once the link is not silent or is closed. */
  async function audible(): Promise<void> {
    while (faults.silent && !over.signal.aborted) await changed.promise
  }
  async function wait(ms: number): Promise<void> {
    await delay(ms, null, { signal: over.signal }).catch(() => null)
  }

  /** Resolves when the bytes were accepted: neither end can send faster than the other reads. */
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
        // Closes after flushing, so that the cut is at exactly this byte.
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
      // Reported by 'error', or cut here.
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
