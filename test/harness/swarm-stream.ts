import { connect, type Socket } from 'node:net'
import { backoffMs } from '@parley/client/backoff'
import { parseCursor } from '@parley/contract/cursor'
import type { SwarmRecord } from './swarm-tally.ts'

/**
 * How a stream behaves: `stopped` reads nothing once it is open, `slow` reads 1 kB per second, `looping`
 * reconnects ten times per second.
 */
export type Behaviour = 'good' | 'stopped' | 'slow' | 'looping'

export type StreamPlan = {
  token: string
  /** The owner of the log; all streams of one person must receive the same events. */
  person: string
  /** The cursor to start after; null is the head. */
  after?: string | null
  behaviour?: Behaviour
  /** Whether delivery delays are recorded, measured from `markSent` to arrival. */
  timed?: boolean
}

export type StreamAddress = { port: number; localAddress: string }

// The first delay matches the client package; the cap is lower, so that tests finish quickly.
const backoff = { baseMs: 1_000, capMs: 5_000 }
const slowBytes = 1_024
const loopMs = 100

// Shared by all streams: each chunk is parsed completely before the next read.
const readBuffer = Buffer.allocUnsafe(256 * 1_024)

/** One event stream over a raw socket, small enough for fifteen thousand in a process. */
export class SwarmStream {
  readonly plan: StreamPlan
  /** The last event's seq; null until the server has sent the start position. */
  seq: number | null = null
  /** Whether the current connection has reached the head of the log, as reported by `sync`. */
  synced = false
  /** Whether it has ended permanently. */
  over = false
  /** Called when the stream is synced, refused or answered with another status. */
  onSettled: () => void = () => {}
  readonly #address: StreamAddress
  readonly #record: SwarmRecord
  readonly #comesBack: boolean
  #epoch = ''
  #socket: Socket | undefined
  #rest = ''
  #inBody = false
  #attempt = 0
  #retryMs: number | null = null
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(plan: StreamPlan, address: StreamAddress, record: SwarmRecord, comesBack: boolean) {
    this.plan = plan
    this.#address = address
    this.#record = record
    this.#comesBack = comesBack
    const after = plan.after ? parseCursor(plan.after) : null
    if (after) {
      this.seq = after.seq
      this.#epoch = after.epoch
    }
    this.#connect()
  }

  /** Drops the connection as a lost network does; a stream with `comesBack` reconnects by itself. */
  cut(): void {
    this.#socket?.destroy()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#socket?.destroy()
  }

  #connect(): void {
    const { behaviour = 'good', token } = this.plan
    const { tally } = this.#record
    this.#rest = ''
    this.#inBody = false
    this.#retryMs = null
    this.synced = false
    tally.connects++
    const buffer = behaviour === 'slow' ? Buffer.allocUnsafe(slowBytes) : readBuffer
    const socket = connect({
      ...this.#address,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: (length: number) => {
          this.#take(buffer.toString('latin1', 0, length))
          if (behaviour !== 'slow' || !this.synced) return true
          this.#timer = setTimeout(() => socket.resume(), 1_000)
          return false
        }
      }
    })
    this.#socket = socket
    let open = false
    socket.on('connect', () => {
      open = true
      tally.open++
    })
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      tally.failures[code] = (tally.failures[code] ?? 0) + 1
    })
    socket.on('close', () => {
      if (open) tally.open--
      tally.ends++
      this.synced = false
      this.#comeBack()
    })
    const cursor = this.seq === null ? '' : `Last-Event-ID: ${this.#epoch}-${this.seq}\r\n`
    socket.write(
      `GET /api/messages HTTP/1.1\r\nHost: localhost:${this.#address.port}\r\nAccept: text/event-stream\r\n` +
        `Authorization: Bearer ${token}\r\n${cursor}\r\n`
    )
  }

  #comeBack(): void {
    if (this.#closed) return
    if (!this.#comesBack) {
      this.over = true
      return this.onSettled()
    }
    const retryMs = this.#retryMs ?? 0
    if (this.#retryMs !== null) this.#record.tally.retriesMs.push(retryMs)
    const waitMs =
      this.plan.behaviour === 'looping' ? loopMs : backoffMs(backoff, this.#attempt++, Math.random, retryMs)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), waitMs)
  }

  #take(text: string): void {
    let rest = this.#rest + text
    if (!this.#inBody) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) {
        this.#rest = rest
        return
      }
      const status = Number(rest.slice(9, 12))
      if (status !== 200) {
        const { statuses } = this.#record.tally
        statuses[status] = (statuses[status] ?? 0) + 1
        return this.cut()
      }
      this.#inBody = true
      rest = rest.slice(end + 4)
    }
    let from = 0
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n', from)) {
      this.#takeBlock(rest.slice(from, end))
      from = end + 2
    }
    this.#rest = rest.slice(from)
  }

  #takeBlock(block: string): void {
    let id: string | undefined
    let name = 'message'
    let data: string | undefined
    for (const line of block.split('\n')) {
      if (line.startsWith('id: ')) id = line.slice(4)
      else if (line.startsWith('event: ')) name = line.slice(7)
      else if (line.startsWith('data: ')) data = line.slice(6)
      else if (line.startsWith('retry: ')) this.#retryMs = Number(line.slice(7))
    }
    if (name === 'sync') return this.#sync(JSON.parse(data!).head)
    if (name === 'refused') {
      const { refused } = this.#record.tally
      const { code } = JSON.parse(data!) as { code: string }
      refused[code] = (refused[code] ?? 0) + 1
      return
    }
    if (id === undefined) return
    this.#takeEvent(id, name, data)
  }

  #takeEvent(id: string, name: string, data: string | undefined): void {
    const cut = id.lastIndexOf('-')
    const seq = Number(id.slice(cut + 1))
    const epoch = id.slice(0, cut)
    const { person } = this.plan
    const before = this.seq
    this.seq = seq
    if (name === 'reset') this.#record.tally.resets++
    if (name === 'reset' || data === undefined) {
      this.#epoch = epoch
      return
    }
    if (epoch !== this.#epoch || seq !== (before ?? Number.NaN) + 1) {
      this.#record.violate(`${person} got the event ${id} after ${this.#epoch}-${before}`)
    }
    this.#record.take(person, seq, data, this.plan.timed ?? false)
  }

  #sync(head: number): void {
    if (this.seq !== head) {
      // `sync` may overtake an event that is being sent, but never names a head that this stream has already
      // passed.
      if ((this.seq ?? 0) > head)
        this.#record.violate(`${this.plan.person} at ${this.seq} got a sync with head ${head}`)
      return
    }
    if (this.synced) return
    this.synced = true
    this.#attempt = 0
    this.onSettled()
    if (this.plan.behaviour === 'stopped') this.#socket!.pause()
    if (this.plan.behaviour === 'looping') this.#timer = setTimeout(() => this.cut(), loopMs)
  }
}
