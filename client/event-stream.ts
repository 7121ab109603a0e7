import { reportFault } from './failures.ts'
import { parseCursor, type Cursor } from '@parley/contract/cursor'
import { Problem } from '@parley/contract/problems'
import type { LogEvent, Signal, StreamEvents } from '@parley/contract/events'
import { backoffMs } from './backoff.ts'
import { systemClock, wait, type Clock } from './clock.ts'
import { isSignedOut, NetworkError, Refusal, retryAfterMs } from './failures.ts'
import { guarded, type OnError } from './listener.ts'
import { createStreamParser, type Block } from './stream-parser.ts'

/** `complete`: everything up to the head of the log has arrived, and the stream is live. `closed` is final. */
export type StreamState = 'connecting' | 'catching_up' | 'complete' | 'waiting' | 'closed'

/** Why the state must be taken afresh; `invalid`: the server does not know the cursor at all. */
export type ResetReason = StreamEvents['reset']['reason'] | 'invalid'

export type EventStreamOptions = {
  /** `client.openEvents`. */
  open(cursor: Cursor | null, signal: AbortSignal): Promise<Response>
  /** The cursor of the snapshot to go on from; null starts at the head of the log. */
  cursor: Cursor | null
  /** Each event of the log once, in order, also one at which it throws. Names that this client does not know come too. */
  onEvent(event: LogEvent, cursor: Cursor): void
  /** Passing news: typing, presence. It may be lost, and has no place in the log. */
  onSignal?(signal: Signal): void
  /** Events follow on nothing known: take a fresh snapshot, and resolve with its cursor when it is in place. */
  onReset(reason: ResetReason): Promise<Cursor>
  onState?(state: StreamState): void
  /** The session is over; the stream does not come back. */
  onSignedOut(): void
  /** A listener threw: the stream goes on after that event. By default it is printed to the console. */
  onError?: OnError
  /** Silence after which a connection counts as dead, ms; the server speaks at least every 15 s. */
  stallMs?: number
  clock?: Clock
  random?: () => number
}

const backoff = { baseMs: 1_000, capMs: 30_000 }
/** After a nap of the machine, a connection silent for this long is not waited for. */
const napMs = 20_000
const nothing = () => {}

/** My event log, live: reconnects, resumes by cursor, notices gaps and dead connections, until `close()`. */
export class EventStream {
  readonly #options: EventStreamOptions
  readonly #clock: Clock
  readonly #closed = new AbortController()
  #cursor: Cursor | null
  #state: StreamState = 'connecting'
  /** Ends what is going on now, a connection or a pause, so that the next connection starts. */
  #now = new AbortController()
  #lastByteAt = 0
  #progressed = false
  #retryFloorMs = 0
  /** The head of the log as the server last told it; null before that. */
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

  /** The last event that was handed over. */
  get cursor(): Cursor | null {
    return this.#cursor
  }

  get state(): StreamState {
    return this.#state
  }

  /** Connects at once instead of waiting: the network is back, the page is looked at again. */
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
      // Woken while connected: the next connection follows at once.
      if (this.#now.signal.aborted) continue
      this.#enter('waiting')
      const ms = backoffMs(backoff, attempt, this.#options.random ?? Math.random, this.#retryFloorMs)
      await wait(this.#clock, ms, this.#now.signal)
    }
  }

  /** One connection, to its end. A block counts when its blank line came: what the end cuts off is discarded. */
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
        throw new NetworkError('The answer is no event stream')
      }
      this.#retryFloorMs = 0
      this.#enter('catching_up')
      const parser = createStreamParser()
      const reader = response.body.getReader()
      for (;;) {
        watch()
        const { done, value } = await untilAborted(reader.read(), connection.signal)
        if (done) return
        // While the app takes a snapshot, silence is ours, not the server's.
        forgetStall()
        for (const block of parser.feed(value)) {
          if (connection.signal.aborted) return
          // What came together is handed over in one turn: an app then renders once for all of it.
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

  /** Takes a block; where it asks for a fresh snapshot, gives the promise of it. */
  #take({ id, name, data }: Block): Promise<void> | null {
    if (name === 'refused') return null
    const cursor = id === null ? null : parseCursor(id)
    if (name === 'reset' && data !== null) {
      return this.#startOver((JSON.parse(data) as StreamEvents['reset']).reason, cursor)
    }
    if (data === null) {
      // An id alone says where a stream without a cursor starts.
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
    // Only now: were the snapshot to fail, the next connection is told to reset again.
    if (cursor) this.#cursor = cursor
    this.#progress()
  }

  /** A snapshot that fails is taken again with the next connection; what is no answer of a server is reported, too. */
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
      // The next connection is refused again, and then this is tried again.
    }
  }

  #enter(state: StreamState): void {
    if (this.#state === state || this.#state === 'closed') return
    this.#state = state
    this.#options.onState?.(state)
  }
}

/** Whatever charset it says, an event stream is UTF-8. */
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

/** Not every platform ends a pending read when the request is aborted. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new NetworkError('The connection was given up'))
    // First of all, so that a read which fails when it is given up is nobody's unhandled rejection.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
