import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Bus } from '../../../../server/platform/realtime/bus.ts'
import { Hub, type HubOptions } from '../../../../server/platform/realtime/hub.ts'
import { MemoryExchange } from '../../../../server/platform/realtime/memory-bus.ts'
import type { EventLog } from '../../../../server/platform/storage/event-log.ts'
import { openStore } from '../../../../server/open-store.ts'
import { emptyDatabase } from '../../../harness/engine.ts'

/** Opens a hub over its own real store, with real sockets to it. */
export async function openHub(options: Partial<HubOptions> = {}) {
  const place = await mkdtemp(join(tmpdir(), 'parley-hub-'))
  const database = await emptyDatabase(place)
  const store = await openStore(database)
  const node = await openHubOn(store.events, new MemoryExchange().connect(), options)
  return {
    ...node,
    store,
    database,
    async close() {
      node.close()
      await store.close()
      await rm(place, { recursive: true })
    }
  }
}

/** Opens a hub over a log and a bus that others may share, with real sockets to it. */
export async function openHubOn(log: EventLog, bus: Bus, options: Partial<HubOptions> = {}) {
  const hub = new Hub(log, bus, {
    syncIntervalMs: 1_000,
    streamMaxLifeMs: 3_600_000,
    streamsPerUser: 100,
    ...options
  })
  const accepted: ((socket: Socket) => void)[] = []
  const server = createServer((socket) => accepted.shift()!(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  /** Opens a stream of `userId`, from `after` (a cursor's text) or from the head. */
  async function open(userId: number, after: string | null = null, sessionId = 1): Promise<Listener> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const listener = new Listener(socket)
    const served = await new Promise<Socket>((resolve) => accepted.push(resolve))
    listener.served = served
    void hub.open(served, { userId, sessionId, expiresAt: Date.now() + 3_600_000, after })
    return listener
  }

  return {
    hub,
    open,
    close() {
      hub.close()
      server.close()
    }
  }
}

type Waiter = { done: (events: EventSourceMessage[]) => boolean; resolve: () => void }

/** Reads a stream from a socket, by complete blocks only, as a browser does. */
export class Listener {
  readonly events: EventSourceMessage[] = []
  raw = ''
  readonly closed: Promise<void>
  readonly socket: Socket
  /** The server's end of the socket. */
  served: Socket | undefined
  readonly #waiters = new Set<Waiter>()

  constructor(socket: Socket) {
    this.socket = socket
    const parser = createParser({ onEvent: (event) => this.events.push(event) })
    let body = false
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      this.raw += text
      let rest = text
      if (!body) {
        const end = this.raw.indexOf('\r\n\r\n')
        if (end < 0) return
        body = true
        rest = this.raw.slice(end + 4)
      }
      parser.feed(rest)
      this.#settle()
    })
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** Resolves once the events so far satisfy `done`; rejects if the stream ends first. */
  until(done: Waiter['done']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ done, resolve })
      void this.closed.then(() => reject(new Error(`the stream ended; it had sent ${this.raw}`)))
      this.#settle()
    })
  }

  /** Resolves with the first event called `name`. */
  async event(name: string): Promise<EventSourceMessage> {
    await this.until((events) => events.some((event) => event.event === name))
    return this.events.find((event) => event.event === name)!
  }

  /** The seqs of the logged events so far. */
  get seqs(): number[] {
    return this.events.flatMap((event) => (event.id ? [Number(event.id.split('-')[1])] : []))
  }

  #settle(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.done(this.events)) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }
}
