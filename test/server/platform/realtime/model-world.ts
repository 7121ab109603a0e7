import { formatCursor, parseCursor } from '@parley/contract/cursor'
import type { Presence } from '@parley/contract/presence'
import { createStreamParser, type Block } from '@parley/client/stream-parser'
import { Hub } from '../../../../server/platform/realtime/hub.ts'
import { MemoryExchange } from '../../../../server/platform/realtime/memory-bus.ts'
import { contentOf, modelLog } from './model-log.ts'
import { ModelSocket } from './model-socket.ts'

/** The user of each session: two of jane's, one of john's. */
const owners = new Map([
  [1, 10],
  [2, 10],
  [3, 20]
])
export const sessions = [...owners.keys()]
export const users = [10, 20]

/**
 * A hub between readers and a log whose every delay the test controls. Throws if a reader receives something
 * invalid.
 */
export function modelWorld() {
  const tasks: (() => void)[] = []
  const perform = (task: () => void) => void tasks.push(task)
  const model = modelLog(perform)
  const exchange = new MemoryExchange()
  const elsewhere = exchange.connect()
  const hub = new Hub(model.log, exchange.connect(), {
    syncIntervalMs: 60_000,
    streamMaxLifeMs: 3_600_000,
    streamsPerUser: 100,
    // One stream per slice.
    slices: { defer: perform, sliceMs: 0 }
  })
  const revoked = new Set<number>()
  let signals = 0
  const readers = [1, 1, 2, 3].map((sessionId) => new Reader(sessionId))

  return {
    hub,
    model,
    readers,
    revoked,
    /** Runs one of the pending tasks. */
    async step(pick: number): Promise<void> {
      tasks.splice(pick % Math.max(1, tasks.length), 1)[0]?.()
      await turn()
    },
    get waiting() {
      return tasks.length
    },
    /** `how`: reported here at once or later, reported by another node, or not reported at all. */
    publish(userIds: number[], how: 'here' | 'later' | 'elsewhere' | 'untold'): void {
      const events = model.commit(userIds)
      if (how === 'here') model.report(events)
      if (how === 'later') perform(() => model.report(events))
      if (how !== 'elsewhere') return
      for (const { to } of events) for (const { userId, seq } of to) elsewhere.publishHead(userId, seq)
    },
    /** Publishes a user's presence to all streams of these users. */
    signal(userIds: number[], how: 'here' | 'elsewhere'): void {
      const data = { userId: '30', online: false, lastSeenAt: String(++signals) }
      if (how === 'here') hub.signalHere(userIds, { name: 'presence', data })
      else for (const userId of userIds) elsewhere.publishSignal(userId, { name: 'presence', data })
      for (const reader of readers) {
        if (userIds.includes(reader.userId) && reader.socket?.writable) reader.owed = signals
      }
    },
    connect(reader: Reader): void {
      // Its request would get 401.
      if (revoked.has(reader.sessionId)) return
      reader.cut()
      const socket = new ModelSocket(perform)
      reader.connected(socket)
      void hub.open(socket.asSocket(), {
        userId: reader.userId,
        sessionId: reader.sessionId,
        expiresAt: Date.now() + 3_600_000,
        after: formatCursor({ epoch: 'e', seq: reader.seq })
      })
    },
    revoke(sessionId: number): void {
      revoked.add(sessionId)
      hub.limitSession({ userId: owners.get(sessionId)!, sessionId, expiresAt: 0 })
      for (const reader of readers) {
        if (reader.sessionId !== sessionId || !reader.socket) continue
        if (reader.socket.writable) throw new Error('a stream outlived its session')
        reader.nothingBeyond = model.headOf(reader.userId)
      }
    }
  }
}

/** A user's device: its position in the log, and its current connection. */
export class Reader {
  readonly sessionId: number
  readonly userId: number
  socket: ModelSocket | null = null
  /** The seq of the last event received. */
  seq = 0
  resets = 0
  /** The last signal received on this connection, and the one that must arrive. */
  signal = 0
  owed = 0
  /** After its session has ended: the head of the log at that time. */
  nothingBeyond = Infinity
  #parser = createStreamParser()
  #inBody = false
  #raw = ''

  constructor(sessionId: number) {
    this.sessionId = sessionId
    this.userId = owners.get(sessionId)!
  }

  connected(socket: ModelSocket): void {
    this.socket = socket
    this.signal = 0
    this.owed = 0
    this.#parser = createStreamParser()
    this.#inBody = false
    this.#raw = ''
  }

  /** Drops everything in flight, including half an event. */
  cut(): void {
    this.socket?.destroy()
    this.socket = null
  }

  read(bytes: number): void {
    if (!this.socket) return
    const { socket } = this
    this.#feed(socket.read(bytes))
    if (socket.wroteAfterEnd > 0) throw new Error('something was written after the end')
    if (socket.destroyed) this.socket = null
  }

  #feed(bytes: Buffer): void {
    let body: Uint8Array = bytes
    if (!this.#inBody) {
      this.#raw += bytes.toString('latin1')
      const end = this.#raw.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#inBody = true
      body = Buffer.from(this.#raw.slice(end + 4), 'latin1')
    }
    for (const block of this.#parser.feed(body)) this.#take(block)
  }

  #takeSignal(signal: number): void {
    if (signal <= this.signal) throw new Error(`the signal ${signal} came after ${this.signal}`)
    this.signal = signal
  }

  #take({ id, name, data }: Block): void {
    if (name === 'presence') return this.#takeSignal(Number((JSON.parse(data!) as Presence).lastSeenAt))
    if (id === null || data === null) return
    const { seq } = parseCursor(id)!
    if (seq > this.nothingBeyond) throw new Error(`${id} came after the session had ended`)
    if (name === 'reset') {
      // A fresh snapshot contains everything up to here.
      this.resets++
      this.seq = seq
      return
    }
    const { content } = JSON.parse(data) as { content: string }
    if (seq !== this.seq + 1) throw new Error(`${id} came after ${this.seq}`)
    if (content !== contentOf(this.userId, seq)) throw new Error(`${id} has the content ${content}`)
    this.seq = seq
  }
}

/** Lets decisions take effect: a read of the log begins at the end of the turn that requested it. */
async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}
