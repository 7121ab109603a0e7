import type { Cursor } from '@parley/contract/cursor'
import type { LogBounds } from '../storage/event-log.ts'
import type { Subscription } from './bus.ts'
import type { Frame, FrameRing } from './frame-ring.ts'
import type { LogReader } from './log-reader.ts'

/** What a mailbox asks of its streams. */
export type Reader = { readonly cursor: number; wake(): void; forgetSignals(): void }

/** What the streams of one user share: the newest frames and the head of the log as far as it is known. */
export class Mailbox<Stream extends Reader = Reader> {
  readonly ring: FrameRing
  readonly streams = new Set<Stream>()
  head = 0
  /** A look at the log's bounds that is under way, for those who come meanwhile. */
  look: Promise<LogBounds> | undefined
  /** The user's topic on the bus. */
  subscription: Subscription | undefined
  /** A stream that has yet to pull the newest frame; those that `#unchecked` has passed are not behind. */
  #behind: Stream | undefined
  #unchecked: Iterator<Stream> | undefined

  constructor(ring: FrameRing) {
    this.ring = ring
  }

  push(seq: number, frame: Frame): void {
    this.ring.push(seq, frame)
    this.head = seq
    this.#behind = undefined
    this.#unchecked = undefined
  }

  /**
   * Drops the frames that all streams have pulled. Called when a stream's cursor has moved or the stream has closed; looks at
   * each stream once for all of them that pull the same frame.
   */
  trim(moved: Stream): void {
    if (this.streams.size === 1 && this.streams.has(moved)) return this.ring.trim(moved.cursor)
    if (this.#behind && this.#behind !== moved) return
    if (this.streams.has(moved) && moved.cursor < this.head) return this.ring.trim(this.#slowest())
    this.#unchecked ??= this.streams.values()
    for (;;) {
      const { value, done } = this.#unchecked.next()
      if (done) return this.ring.clear()
      this.#behind = value
      if (value.cursor < this.head) return
    }
  }

  #slowest(): number {
    let slowest = Infinity
    for (const { cursor } of this.streams) slowest = Math.min(slowest, cursor)
    return slowest
  }
}

/** A user's log reaches `head`, as `finder` or another node says: the other streams look. Gives whether that is news. */
export function raise<Stream extends Reader>(
  mailbox: Mailbox<Stream>,
  head: number,
  finder?: Stream
): boolean {
  if (head <= mailbox.head) return false
  mailbox.head = head
  // Another process wrote to this log and may have retracted events whose frames are cached here.
  mailbox.ring.clear()
  for (const stream of mailbox.streams) {
    stream.forgetSignals()
    if (stream !== finder) stream.wake()
  }
  return true
}

/**
 * Returns the bounds of the log. Concurrent callers share one read: their mailbox existed when it began and was notified of
 * later commits. A cursor that another node issued may be newer than that read.
 */
export async function lookAtBounds(
  mailbox: Pick<Mailbox, 'look' | 'head'>,
  reader: LogReader,
  userId: number,
  after: Cursor | null
): Promise<LogBounds> {
  if (mailbox.look) {
    const { head: seen, floor } = await mailbox.look
    const newest = Math.max(seen, mailbox.head)
    if (!after || after.seq <= newest) return { head: newest, floor }
  }
  const look = reader.bounds(userId)
  mailbox.look = look
  try {
    return await look
  } finally {
    if (mailbox.look === look) mailbox.look = undefined
  }
}
