import { reportFault } from './failures.ts'
import { parseCursor, type Cursor } from '@parley/contract/cursor'
import { Problem } from '@parley/contract/problems'
import type { LogEvent, Signal, StreamEvents } from '@parley/contract/events'
import { backoffMs } from './backoff.ts'
import { systemClock, wait, type Clock } from './clock.ts'
import { isSignedOut, NetworkError, Refusal, retryAfterMs } from './failures.ts'
import { guarded, type OnError } from './listener.ts'
import { createStreamParser, type Block } from './stream-parser.ts'

/** `complete`: the client has read to the head of the log, and the stream is live. `closed` is final. */
export type StreamState = 'connecting' | 'catching_up' | 'complete' | 'waiting' | 'closed'

/** Why a fresh snapshot is needed. `invalid`: the server does not accept the cursor. */
export type ResetReason = StreamEvents['reset']['reason'] | 'invalid'

export type EventStreamOptions = {
  /** Usually `client.openEvents`. */
  open(cursor: Cursor | null, signal: AbortSignal): Promise<Response>
  /** The cursor of the snapshot to resume from; null starts at the head of the log. */
  cursor: Cursor | null
  /**
   * Receives each event of the log once, in order, even if an earlier call for it threw. Includes event names
   * unknown to this client.
   */
  onEvent(event: LogEvent, cursor: Cursor): void
  /** Receives transient signals: typing and presence. They may be lost and are not in the log. */
  onSignal?(signal: Signal): void
  /** The log cannot be resumed: take a fresh snapshot, install it, and resolve with its cursor. */
  onReset(reason: ResetReason): Promise<Cursor>
  onState?(state: StreamState): void
  /** The session has ended; the stream does not reconnect. */
  onSignedOut(): void
  /**
   * Receives exceptions of listeners; the stream continues with the next event. Prints them to the console by
   * default.
   */
  onError?: OnError
  /**
   * A connection that is silent for this long counts as dead, ms. The server sends something at least every
   * 15 s.
   */
  stallMs?: number
  clock?: Clock
  random?: () => number
}

const backoff = { baseMs: 1_000, capMs: 30_000 }
/** After the machine slept, a connection that was silent for this long, ms, is replaced at once. */
const napMs = 20_000
const nothing = () => {}

/**
 * The live event log of the signed-in user. Reconnects, resumes by cursor and detects gaps and dead
 * connections until `close()`.
 */
export class EventStream {
  readonly #options: EventStreamOptions
  readonly #clock: Clock
  readonly #closed = new AbortController()
  #cursor: Cursor | null
  #state: StreamState = 'connecting'
  /** Aborts the current connection or pause so that the next connection starts. */
  #now = new AbortController()
  #lastByteAt = 0
  #progressed = false
  #retryFloorMs = 0
  /** The head of the log as last reported by the server; null before the first report. */
  #head: number | null = null

  constructor(options: EventStreamOptions) {
    const { onError } = options
    this.#options = {
      ...options,
      onEvent: guarded((event, cursor) => options.onEvent(event, cursor), onError),
      onSignal: guarded((signal) => options.onSignal?.(signal), onError),
      onState: guarded((state) => options.onState?.(state), onError),
      onSignedOut: guarded(() => options.onSignedOut(), onError)
    }
    this.#clock = options.clock ?? systemClock
    this.#cursor = options.cursor
    this.#run().catch(reportFault)
  }

  /** The cursor of the last event passed to `onEvent`. */
  get cursor(): Cursor | null {
    return this.#cursor
  }

  get state(): StreamState {
    return this.#state
  }

  /** Reconnects at once. Call it when the network is back or the page becomes visible. */
  wake(): void {
    const silentMs = this.#clock.now() - this.#lastByteAt
    if (this.#state === 'waiting' || (this.#state !== 'connecting' && silentMs > napMs)) this.#now.abort()
  }

  close(): void {
    this.#closed.abort()
    this.#now.abort()
    this.#enter('closed')
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#closed.signal.aborted; attempt++) {
      this.#now = new AbortController()
      this.#progressed = false
      try {
        await this.#connect(this.#now.signal)
      } catch (error) {
        if (this.#closed.signal.aborted) return
        if (isSignedOut(error)) {
          this.close()
          return this.#options.onSignedOut()
        }
        this.#retryFloorMs = Math.max(this.#retryFloorMs, retryAfterMs(error))
        if (error instanceof Refusal && error.code === 'cursor_invalid') await this.#startOverWithoutCursor()
      }
      if (this.#closed.signal.aborted) return
      if (this.#progressed) attempt = 0
      // `wake` was called while connected: reconnect at once.
      if (this.#now.signal.aborted) continue
      this.#enter('waiting')
      const ms = backoffMs(backoff, attempt, this.#options.random ?? Math.random, this.#retryFloorMs)
      await wait(this.#clock, ms, this.#now.signal)
    }
  }

  /**
   * Runs one connection until it ends. A block is complete at its blank line; an incomplete last block is
   * discarded.
   */
  async #connect(signal: AbortSignal): Promise<void> {
    this.#enter('connecting')
    this.#head = null
    const connection = new AbortController()
    const abort = () => connection.abort()
    signal.addEventListener('abort', abort)
    let forgetStall = nothing
    const watch = () => {
      forgetStall()
      this.#lastByteAt = this.#clock.now()
      forgetStall = this.#clock.after(this.#options.stallMs ?? 37_500, abort)
    }
    try {
      const response = await this.#options.open(this.#cursor, connection.signal)
      if (!response.body) throw new NetworkError('The stream has no body')
      if (!isEventStream(response.headers.get('content-type') ?? '')) {
        await response.body.cancel()
        throw new NetworkError('The response is not an event stream')
      }
      this.#retryFloorMs = 0
      this.#enter('catching_up')
      const parser = createStreamParser()
      const reader = response.body.getReader()
      for (;;) {
        watch()
        const { done, value } = await untilAborted(reader.read(), connection.signal)
        if (done) return
        // While the app takes a snapshot, the delay is the app's, not the server's.
        forgetStall()
        for (const block of parser.feed(value)) {
          if (connection.signal.aborted) return
          // Blocks that arrived together are applied in one turn, so that an app renders once for all of
          // them.
          const startingOver = this.#take(block)
          if (startingOver) await startingOver
        }
        this.#retryFloorMs = parser.retryMs ?? 0
      }
    } finally {
      forgetStall()
      signal.removeEventListener('abort', abort)
      connection.abort()
    }
  }

  /** Applies a block. Returns a promise if the block requires a fresh snapshot. */
  #take({ id, name, data }: Block): Promise<void> | null {
    if (name === 'refused') return null
    const cursor = id === null ? null : parseCursor(id)
    if (name === 'reset' && data !== null) {
      return this.#startOver((JSON.parse(data) as StreamEvents['reset']).reason, cursor)
    }
    if (data === null) {
      // A block with only an id gives the start of a stream that was opened without a cursor.
      this.#cursor ??= cursor
    } else if (name === 'sync') {
      this.#head = (JSON.parse(data) as StreamEvents['sync']).head
    } else if (name === 'typing' || name === 'presence') {
      const news = parseEvent(name, data) as Signal | null
      if (news) this.#options.onSignal?.(news)
    } else if (cursor && !this.#isKnown(cursor)) {
      const event = parseEvent(name, data) as LogEvent | null
      if (!event || !this.#isNext(cursor)) return this.#startOver('gap', cursor)
      this.#options.onEvent(event, cursor)
      this.#cursor = cursor
    }
    this.#progress()
    return null
  }

  async #startOver(reason: ResetReason, cursor: Cursor | null): Promise<void> {
    await this.#reset(reason)
    // Set only after success: if the snapshot fails, the next connection gets the same reset.
    if (cursor) this.#cursor = cursor
    this.#progress()
  }

  /**
   * Takes a fresh snapshot. A failed one is retried on the next connection; failures other than the server's
   * are reported, too.
   */
  async #reset(reason: ResetReason): Promise<Cursor> {
    try {
      return await this.#options.onReset(reason)
    } catch (error) {
      const expected =
        error instanceof Problem || error instanceof NetworkError || this.#closed.signal.aborted
      if (!expected) (this.#options.onError ?? reportFault)(error)
      throw error
    }
  }

  #isKnown({ epoch, seq }: Cursor): boolean {
    return this.#cursor?.epoch === epoch && seq <= this.#cursor.seq
  }

  #isNext({ epoch, seq }: Cursor): boolean {
    return this.#cursor === null || (this.#cursor.epoch === epoch && seq === this.#cursor.seq + 1)
  }

  #progress(): void {
    this.#progressed = true
    this.#enter(this.#isComplete() ? 'complete' : 'catching_up')
  }

  #isComplete(): boolean {
    return this.#head !== null && this.#cursor !== null && this.#cursor.seq >= this.#head
  }

  async #startOverWithoutCursor(): Promise<void> {
    try {
      this.#cursor = await this.#reset('invalid')
    } catch {
      // The next connection gets the same refusal, which retries the snapshot.
    }
  }

  #enter(state: StreamState): void {
    if (this.#state === state || this.#state === 'closed') return
    this.#state = state
    this.#options.onState?.(state)
  }
}

/** An event stream is UTF-8, no matter which charset its content type names. */
function isEventStream(contentType: string): boolean {
  return contentType.split(';')[0]!.trim().toLowerCase() === 'text/event-stream'
}

function parseEvent(name: string, data: string): unknown {
  try {
    return { name, data: JSON.parse(data) as unknown }
  } catch {
    return null
  }
}

/** Some platforms do not end a pending read when its request is aborted. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new NetworkError('The connection was aborted'))
    // Handle the promise first: a read that fails after the abort must not be an unhandled rejection.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
