import type { Socket } from 'node:net'
import type { Cursor } from '@parley/contract/cursor'
import type { ProblemCode } from '@parley/contract/problems'
import type { StreamEvents } from '@parley/contract/events'
import type { LogBounds } from '../storage/event-log.ts'
import { idBlock, idLine, retryLine, streamHead, unlogged } from './frame.ts'
import type { LogReader } from './log-reader.ts'
import { lookAtBounds, raise, type Mailbox } from './mailbox.ts'
import type { StreamOwner } from './stream-owner.ts'
import { isUnsent, type Unsent } from './slow-reader.ts'
import { SignalSlot, type PassingSignal } from './signal-slot.ts'
import type { DueQueue } from './due-queue.ts'

/** A stream that was refused or ended is asked to come back after this, and up to twice that. */
const retryMs = 1_000
/** A stream that was ended is destroyed after this, in ms, whatever its reader has not taken. */
const endMs = 500

/** What the streams of a process did since it started; one for all of them. */
export type StreamCounts = {
  opened: number
  refused: number
  wakes: number
  ringPulls: number
  databasePulls: number
  writtenBytes: number
  /** Streams that were reset. */
  resets: number
  /** Streams that were cut off because their reader took nothing. */
  slowCloses: number
  /** Typing and presence that were written, and that were dropped: too late, or too many. */
  signals: number
  signalsDropped: number
}

/** What the streams of a hub share. */
export type StreamShared = {
  reader: LogReader
  unsent: Unsent
  queue: DueQueue
  epoch: string
  counts: StreamCounts
  /** Of every answer, as lines. */
  headers: string
  /** A reader that takes nothing for this long, in ms, is cut off; it comes back with its cursor. */
  stallMs: number
  /** Called with what ended a stream that could not read its log. */
  onFailure: (error: unknown) => void
}

/**
 * One open stream: a cursor and a socket. A commit wakes it, and it pulls what follows its cursor, from the ring or from
 * the database: replay and live are one path, a lost wake-up only delays, and memory does not grow with a slow reader.
 */
export class Stream {
  readonly owner: StreamOwner
  /** When its maximum life is over, by `performance.now()`: a clock that is set must end no stream and silence none. */
  readonly endsAt: number
  /** By `performance.now()`. */
  lastSyncAt = performance.now()
  readonly #socket: Socket
  readonly #mailbox: Mailbox<Stream>
  readonly #shared: StreamShared
  /** The seq of the last event that was written. */
  cursor = 0
  /** Only of a stream whose reader had something to wait for. */
  #slot: SignalSlot | undefined
  /** Also true until the cursor is known, so that earlier wakes do nothing. */
  #pulling = true

  constructor(
    socket: Socket,
    owner: StreamOwner,
    endsAt: number,
    mailbox: Mailbox<Stream>,
    shared: StreamShared
  ) {
    this.#socket = socket
    this.owner = owner
    this.endsAt = endsAt
    this.#mailbox = mailbox
    this.#shared = shared
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 15_000)
    // A reset by the peer is an end like any other; 'close' follows.
    socket.on('error', () => {})
    this.#gather()
    this.#write(streamHead(shared.headers))
  }

  /**
   * Finds where the stream starts, replays, then continues live. Call it after the mailbox has the stream: register, read the
   * head, pull, and nothing in between is missed.
   */
  async start(after: Cursor | null): Promise<void> {
    let bounds: LogBounds
    try {
      bounds = await lookAtBounds(this.#mailbox, this.#shared.reader, this.owner.userId, after)
    } catch (error) {
      this.#shared.onFailure(error)
      return this.refuse('storage_unavailable')
    }
    if (!this.#socket.writable) return
    this.#gather()
    // The user's other streams may not have been woken.
    raise(this.#mailbox, bounds.head, this)
    const reason = after && resetReason(after, this.#shared.epoch, bounds)
    if (reason) this.#reset(reason, bounds.head)
    else {
      this.#advance(after ? after.seq : bounds.head)
      if (!after) this.#write(idBlock(this.#shared.epoch, this.cursor))
    }
    await this.#catchUp()
    this.sync()
  }

  /** Its turn comes to pull, unless a pull is under way: that one sees the new head itself. */
  wake(): void {
    this.#shared.counts.wakes++
    if (!this.#pulling) this.#shared.queue.add(this)
  }

  /** Pulls what follows the cursor. */
  run(): void {
    if (this.#pulling || !this.#socket.writable) return
    if (!isUnsent(this.#socket)) this.#pullFromRing()
    if (this.cursor < this.#mailbox.head || isUnsent(this.#socket)) {
      this.#catchUp().catch(this.#shared.onFailure)
    } else if (this.#slot) this.#passWaiting()
  }

  /** Sends a signal now, or after the events that are to be read; it may be lost. */
  pass(signal: PassingSignal): void {
    if (!this.#socket.writable) return
    const behind = this.cursor < this.#mailbox.head
    // Not past those that wait for its turn: of two of one key the later holds.
    if (!behind && !this.#slot && !this.#pulling && !isUnsent(this.#socket)) {
      this.#shared.counts.signals++
      return this.#write(signal.bytes)
    }
    this.#shared.counts.signalsDropped += (this.#slot ??= new SignalSlot()).put(signal)
    if (!this.#pulling) this.#shared.queue.add(this)
  }

  /** Drops waiting signals of conversations, because the user may have left one. */
  forgetSignals(): void {
    if (this.#slot) this.#shared.counts.signalsDropped += this.#slot.forget()
  }

  /** Tells the client the head of its log, unless it has more to read than this. */
  sync(): void {
    this.lastSyncAt = performance.now()
    // A pull from the log may be ahead of the commits that were reported to this process.
    const newest = Math.max(this.#mailbox.head, this.cursor)
    if (this.#socket.writable && !isUnsent(this.#socket)) this.#write(unlogged('sync', { head: newest }))
  }

  /** Ends a stream that is to be tried again, with the reason. */
  refuse(code: ProblemCode): void {
    if (!this.#socket.writable) return
    this.#shared.counts.refused++
    this.#write(unlogged('refused', { code }))
    this.end(retryMs)
  }

  /** Ends after what was written. The client comes back after `retryAfterMs`, and up to twice that. */
  end(retryAfterMs = retryMs): void {
    if (!this.#socket.writable) return
    this.#socket.end(`${retryLine(retryAfterMs * (1 + Math.random()))}\n`)
    // Do not wait behind a backlog that is not read.
    const timer = setTimeout(() => this.#socket.destroy(), endMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  destroy(): void {
    this.#socket.destroy()
  }

  onClose(listener: () => void): void {
    this.#socket.once('close', listener)
  }

  async #catchUp(): Promise<void> {
    this.#pulling = true
    try {
      while (this.#socket.writable) {
        // Also when nothing follows: a reader that does not take the last page is one that stopped.
        if (isUnsent(this.#socket)) {
          const { unsent, stallMs } = this.#shared
          await unsent.untilDrained(this.#socket, stallMs, () => this.#cutOff())
        } else if (this.cursor >= this.#mailbox.head) break
        else if (!this.#pullFromRing()) await this.#pullFromLog()
      }
      this.#passWaiting()
    } catch (error) {
      this.#shared.onFailure(error)
      // The client comes back with its cursor.
      this.end()
    } finally {
      this.#pulling = false
    }
  }

  #passWaiting(): void {
    const slot = this.#slot
    if (!slot || !this.#socket.writable) return
    this.#slot = undefined
    const { size } = slot
    const signals = slot.take(performance.now())
    this.#shared.counts.signals += signals.length
    this.#shared.counts.signalsDropped += size - signals.length
    if (signals.length > 0) this.#write(Buffer.concat(signals.map(({ bytes }) => bytes)))
  }

  #pullFromRing(): boolean {
    const pull = this.#mailbox.ring.after(this.cursor, this.#shared.unsent.pullMaxBytes)
    if (!pull) return false
    this.#shared.counts.ringPulls++
    this.#write(pull.text, pull.bytes)
    this.#advance(pull.last)
    return true
  }

  async #pullFromLog(): Promise<void> {
    const { userId } = this.owner
    let pull = await this.#shared.reader.pull(userId, this.cursor)
    if (pull?.first !== this.cursor + 1) {
      const promised = this.#mailbox.head
      const { head: newest, floor } = await this.#shared.reader.bounds(userId)
      if (newest === this.cursor) {
        // The log ends here: a hint had promised more than there is.
        if (this.#mailbox.head === promised) this.#mailbox.head = newest
        return
      }
      pull = await this.#shared.reader.pull(userId, this.cursor)
      if (!this.#socket.writable) return
      // What follows the cursor is not there: pruned meanwhile, or a damaged log. Never skip in silence.
      if (pull?.first !== this.cursor + 1) {
        return this.#reset(this.cursor < floor ? 'pruned' : 'gap', newest)
      }
    }
    if (!this.#socket.writable) return
    this.#shared.counts.databasePulls++
    this.#write(pull.bytes)
    this.#advance(pull.last)
  }

  #advance(seq: number): void {
    this.cursor = seq
    this.#mailbox.trim(this)
  }

  #reset(reason: StreamEvents['reset']['reason'], seq: number): void {
    this.#advance(seq)
    this.#shared.counts.resets++
    this.#write(idLine(this.#shared.epoch, seq) + unlogged('reset', { reason }))
  }

  /** What is written from here to the end of the present task goes out in one piece. */
  #gather(): void {
    this.#socket.cork()
    process.nextTick(() => this.#socket.uncork())
  }

  /** `length` is in bytes; where it is not given, a string is ASCII. */
  #write(data: Buffer | string, length = data.length): void {
    this.#shared.counts.writtenBytes += length
    this.#socket.write(data)
  }

  /** Its reader takes nothing: `destroy`, because `end` waits behind the backlog. */
  #cutOff(): void {
    this.#shared.counts.slowCloses++
    this.#socket.destroy()
  }
}

/** Returns why a stream cannot resume from a cursor; null if it can. */
function resetReason(
  after: Cursor,
  epoch: string,
  { head: newest, floor }: LogBounds
): StreamEvents['reset']['reason'] | null {
  if (after.epoch !== epoch) return 'epoch'
  if (after.seq > newest) return 'ahead'
  return after.seq < floor ? 'pruned' : null
}
