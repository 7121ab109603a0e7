import type { Cursor } from '@parley/contract/cursor'
import type { LogBounds } from '../storage/event-log.ts'
import type { FrameRing } from './frame-ring.ts'
import type { LogReader } from './log-reader.ts'
import type { Stream } from './stream.ts'

/** What the streams of one user share: the newest frames and the head of the log as far as it is known. */
export type Mailbox = {
  readonly ring: FrameRing
  head: number
  readonly streams: Set<Stream>
  /** A look at the log's bounds that is under way, for whoever comes meanwhile. */
  look?: Promise<LogBounds> | undefined
}

/** A user's log reaches `head`, as `finder` or another node says: the other streams look. Gives whether that is news. */
export function raise(mailbox: Mailbox, head: number, finder?: Stream): boolean {
  if (head <= mailbox.head) return false
  mailbox.head = head
  // Somebody else wrote to this log, and may have taken back what frames here show.
  mailbox.ring.clear()
  for (const stream of mailbox.streams) {
    stream.forgetSignals()
    if (stream !== finder) stream.wake()
  }
  return true
}

/**
 * Where the log begins and ends. Those who come together share one look: their mailbox was there when it began, and has
 * heard of what was committed since. What another node told a client may be newer than that look.
 */
export async function lookAtBounds(
  mailbox: Mailbox,
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
