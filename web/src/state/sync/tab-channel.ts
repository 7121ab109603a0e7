import type { OutboxItem, StreamState } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import type { Message } from '@parley/contract/messages'
import type { LogEvent, Signal } from '@parley/contract/events'

/** What the tabs of one person tell each other. The leader speaks for the stream. */
export type TabMessage =
  | { kind: 'event'; event: LogEvent; cursor: Cursor }
  /** What passes: it has no place in the log. */
  | { kind: 'signal'; signal: Signal }
  | { kind: 'reset' }
  /** The leader's stream, and how far it has come; also the answer to `hello`. */
  | { kind: 'stream'; stream: StreamState; cursor: Cursor | null }
  /** A tab asks the leader how things stand. */
  | { kind: 'hello' }
  /** Asks the leader to connect now. */
  | { kind: 'wake' }
  | { kind: 'outbox_changed' }
  /** A field was left: its draft is saved now. */
  | { kind: 'draft_left' }
  | { kind: 'item_acknowledged'; item: OutboxItem; message: Message | null }

export type TabChannel = {
  /** Tells the other tabs; not this one. */
  post(message: TabMessage): void
  close(): void
}

/** Joins the tabs of one person. */
export function openTabChannel(name: string, onMessage: (message: TabMessage) => void): TabChannel {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => onMessage(data)
  return {
    post: (message) => channel.postMessage(message),
    close: () => channel.close()
  }
}
