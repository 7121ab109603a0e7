import type { Socket } from 'node:net'
import { parseCursor } from '@parley/contract/cursor'
import type { Signal } from '@parley/contract/events'
import type { CommittedEvent, EventLog } from '../storage/event-log.ts'
import type { Bus } from './bus.ts'
import { eventLines } from './frame.ts'
import { FrameBudget, FrameRing, newFrame, type Frame } from './frame-ring.ts'
import { LogReader } from './log-reader.ts'
import { Mailbox, raise } from './mailbox.ts'
import { passing, type PassingSignal } from './signal-slot.ts'
import { Unsent } from './slow-reader.ts'
import { Stream, type StreamCounts, type StreamShared } from './stream.ts'
import type { StreamOwner } from './stream-owner.ts'
import { DueQueue, type DueQueueOptions } from './due-queue.ts'

export type HubOptions = {
  /** Interval of `sync` on a quiet stream. */
  syncIntervalMs: number
  /** Interval at which streams are checked for a due `sync` or their end. */
  tickMs?: number
  /** A stream lives between half of this and all of it. */
  streamMaxLifeMs: number
  streamsPerUser: number
  /** Of every answer, as lines that each end themselves. */
  headers?: string
  /** A consumer that reads nothing for this long is cut off. */
  stallMs?: number
  /** Bytes of frames that wait for slow streams, of all users together. */
  framesMaxBytes?: number
  /** Bytes that slow readers hold, from which on they are given little at a time. */
  unsentMuchBytes?: number
  /** Bytes of an event at most. */
  eventMaxBytes?: number
  /** Called with what ended a stream that could not read its log. */
  onFailure?: (error: unknown) => void
  /** How what many streams have to do at once is sliced. */
  slices?: DueQueueOptions
  /** Called after each commit of this process with the time until its frames were written, in ms. */
  onDelivered?: ((lagMs: number) => void) | undefined
  /** Called when a user's first stream opens and when their last one closes. */
  onPerson?: ((userId: number, here: boolean) => void) | undefined
}

/** What a hub did since it started. */
export type HubCounts = StreamCounts & {
  /** Hints from other nodes that announced new events, and new events that a sweep found without a hint. */
  hints: number
  sweepFinds: number
}

const framesMaxBytes = 64 * 1_024 * 1_024

/** Heads per read. */
const sweptAtOnce = 1_000

/**
 * Up to this many streams (one less with the lag measurement) are written to before the responses go out, not after, so that a
 * quiet server delivers sooner.
 */
const fewStreams = 3

/** Every open stream of this process, and the way from a commit, here or on another node, to them. */
export class Hub {
  readonly #log: EventLog
  readonly #bus: Bus
  readonly #options: HubOptions
  readonly #shared: StreamShared
  readonly #budget: FrameBudget
  /** Woken streams. One that still waits at the next commit writes both in one go. */
  readonly #woken: DueQueue
  /** Streams whose peer has gone. They can wait. */
  readonly #left: DueQueue
  /** Only of users who have a stream here. */
  readonly #mailboxes = new Map<number, Mailbox<Stream>>()
  readonly #ticker: NodeJS.Timeout
  readonly counts: HubCounts = {
    opened: 0,
    refused: 0,
    wakes: 0,
    ringPulls: 0,
    databasePulls: 0,
    writtenBytes: 0,
    resets: 0,
    slowCloses: 0,
    signals: 0,
    signalsDropped: 0,
    hints: 0,
    sweepFinds: 0
  }
  /** Streams that are to be opened, one in a turn of the event loop: sends go before them. */
  readonly #coming: DueQueue
  #draining = false
  #streams = 0

  constructor(log: EventLog, bus: Bus, options: HubOptions) {
    this.#log = log
    this.#bus = bus
    this.#options = options
    this.#budget = new FrameBudget(options.framesMaxBytes ?? framesMaxBytes)
    this.#woken = new DueQueue({ sliceMaxMs: 10, ...options.slices })
    this.#left = new DueQueue(options.slices)
    this.#coming = new DueQueue({ defer: options.slices?.defer, sliceMs: 0 })
    const unsent = new Unsent(options.unsentMuchBytes)
    this.#shared = {
      reader: new LogReader(log, unsent, options.eventMaxBytes),
      unsent,
      queue: this.#woken,
      epoch: log.epoch,
      headers: options.headers ?? '',
      counts: this.counts,
      stallMs: options.stallMs ?? 10_000,
      onFailure: options.onFailure ?? (() => {})
    }
    log.onCommitted((events, committedAt) => this.#deliver(events, committedAt))
    this.#ticker = setInterval(() => this.#tick(), options.tickMs ?? 1_000)
    this.#ticker.unref()
  }

  /** Streams that are open now. */
  get size(): number {
    return this.#streams
  }

  /** Bytes of frames that wait for slow streams. */
  get frameBytes(): number {
    return this.#budget.bytes
  }

  /** Bytes that slow readers were given and have not taken. */
  get unsentBytes(): number {
    return this.#shared.unsent.bytes
  }

  /** Resolves when it is a stream's turn to be opened; nothing that it costs comes before that. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#coming.add({ run: resolve }))
  }

  /**
   * Turns the socket of an authenticated request into a stream from `after` (a cursor's text), or from the head if null. Later
   * failures are reported on the stream itself.
   */
  async open(socket: Socket, options: StreamOwner & { after: string | null }): Promise<void> {
    const { userId, sessionId, expiresAt, after } = options
    const mailbox =
      this.#mailboxes.get(userId) ?? new Mailbox<Stream>(new FrameRing(this.#log.epoch, this.#budget))
    const life = this.#options.streamMaxLifeMs * (0.5 + Math.random() / 2)
    const owner = { userId, sessionId, expiresAt }
    const stream = new Stream(socket, owner, performance.now() + life, mailbox, this.#shared)
    if (this.#draining) return stream.refuse('draining')
    if (mailbox.streams.size >= this.#options.streamsPerUser) return stream.refuse('too_many_streams')
    if (socket.destroyed) return
    mailbox.streams.add(stream)
    if (!this.#mailboxes.has(userId)) this.#options.onPerson?.(userId, true)
    this.#mailboxes.set(userId, mailbox)
    this.#streams++
    this.counts.opened++
    socket.once('close', () => this.#remove(stream, mailbox))
    // Not Node's own way, which shuts it down first, and all of them in one turn of the event loop.
    socket.allowHalfOpen = true
    socket.once('end', () => this.#left.add({ run: () => socket.destroy() }))
    mailbox.subscription ??= this.#bus.subscribe(userId, {
      head: (head) => {
        if (raise(mailbox, head)) this.counts.hints++
      },
      signal: (signal) => pass(mailbox, passing(signal))
    })
    // Subscribe before reading the head, so that later commits of other nodes are not missed.
    await mailbox.subscription.ready
    await stream.start(after === null ? null : parseCursor(after))
  }

  /** Sends a signal to the streams of these users on all nodes. Slow consumers may miss it. */
  signal(userIds: number[], signal: Signal): void {
    for (const userId of userIds) this.#bus.publishSignal(userId, signal)
    this.signalHere(userIds, signal)
  }

  /** Sends it on this node only. */
  signalHere(userIds: number[], signal: Signal): void {
    let once: PassingSignal | undefined
    for (const userId of userIds) {
      const mailbox = this.#mailboxes.get(userId)
      if (mailbox) pass(mailbox, (once ??= passing(signal)))
    }
  }

  /**
   * Compares the heads of all users with a stream here to the log, and delivers events whose hint was lost or never sent. Throws
   * when the log cannot be read.
   */
  async sweep(): Promise<void> {
    const userIds = [...this.#mailboxes.keys()]
    for (let i = 0; i < userIds.length; i += sweptAtOnce) {
      const swept = userIds.slice(i, i + sweptAtOnce)
      for (const [index, { head }] of (await this.#log.bounds(swept)).entries()) {
        const mailbox = this.#mailboxes.get(swept[index]!)
        if (mailbox && raise(mailbox, head)) this.counts.sweepFinds++
      }
    }
  }

  /** Yields the owner of each open stream. */
  *owners(): Iterable<StreamOwner> {
    for (const stream of this.#allStreams()) yield stream.owner
  }

  /** A session ends at `expiresAt` (ms), or earlier if that is known: its streams end with it. */
  limitSession({ userId, sessionId, expiresAt }: StreamOwner): void {
    for (const stream of this.#mailboxes.get(userId)?.streams ?? []) {
      if (stream.owner.sessionId !== sessionId) continue
      // Announcements of one session may arrive in any order.
      stream.owner.expiresAt = Math.min(stream.owner.expiresAt, expiresAt)
      if (expiresAt <= Date.now()) stream.end()
    }
  }

  /**
   * Takes no more streams and ends those there are, spread over `windowMs` so that their clients do not all come back
   * in the same moment. Resolves when they are gone.
   */
  async drain(windowMs: number): Promise<void> {
    this.#draining = true
    await Promise.all(
      [...this.#allStreams()].map(
        (stream) =>
          new Promise<void>((resolve) => {
            stream.onClose(resolve)
            setTimeout(() => stream.end(), Math.random() * windowMs)
          })
      )
    )
  }

  close(): void {
    clearInterval(this.#ticker)
    for (const stream of this.#allStreams()) stream.destroy()
  }

  /**
   * Frames each event once, adds each local recipient's own `id:`, then wakes their streams; other nodes get a hint. Commits may
   * be reported out of order.
   */
  #deliver(events: CommittedEvent[], committedAt: number): void {
    let woke = false
    for (const event of events) {
      let frame: Frame | undefined
      for (const { userId, seq } of event.to) {
        this.#bus.publishHead(userId, seq)
        const mailbox = this.#mailboxes.get(userId)
        if (!mailbox) continue
        if (event.retracts) {
          mailbox.ring.clear()
          for (const stream of mailbox.streams) stream.forgetSignals()
        }
        // Reported late: a later event may have retracted it, and the log knows.
        if (seq <= mailbox.head) continue
        mailbox.push(seq, (frame ??= newFrame(eventLines(event))))
        for (const stream of mailbox.streams) stream.wake()
        woke = true
      }
    }
    const { onDelivered } = this.#options
    // Behind the last of the streams.
    if (woke && onDelivered) {
      this.#woken.add({ run: () => onDelivered(performance.timeOrigin + performance.now() - committedAt) })
    }
    this.#woken.runFew(fewStreams)
  }

  #tick(): void {
    const now = performance.now()
    const date = Date.now()
    for (const stream of this.#allStreams()) {
      if (now >= stream.endsAt || date >= stream.owner.expiresAt) stream.end()
      else if (now - stream.lastSyncAt >= this.#options.syncIntervalMs) stream.sync()
    }
  }

  *#allStreams(): Iterable<Stream> {
    for (const mailbox of this.#mailboxes.values()) yield* mailbox.streams
  }

  #remove(stream: Stream, mailbox: Mailbox<Stream>): void {
    this.#streams--
    mailbox.streams.delete(stream)
    if (mailbox.streams.size > 0) return mailbox.trim(stream)
    mailbox.ring.clear()
    this.#mailboxes.delete(stream.owner.userId)
    mailbox.subscription?.close()
    this.#options.onPerson?.(stream.owner.userId, false)
  }
}

function pass(mailbox: Mailbox<Stream>, signal: PassingSignal): void {
  for (const stream of mailbox.streams) stream.pass(signal)
}
