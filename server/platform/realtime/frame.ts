import { formatCursor } from '@parley/contract/cursor'
import type { Signals, StreamEvents } from '@parley/contract/events'
import type { EncodedEvent } from '../storage/event-log.ts'

type Unlogged = StreamEvents & Signals

/** Frames as they go to the socket: `text/event-stream` (HTML, section 9.2). JSON has no raw line breaks. */

/** The lines of an event that all who get it share; only the `id:` line is each user's own. */
export function eventLines({ name, json }: EncodedEvent): string {
  // A message from another user has no event name, as in the series.
  return name === 'message' ? `data: ${json}\n\n` : `event: ${name}\ndata: ${json}\n\n`
}

export function idLine(epoch: string, seq: number): string {
  return `id: ${formatCursor({ epoch, seq })}\n`
}

/** A block of an id alone: the browser remembers it and dispatches nothing. */
export function idBlock(epoch: string, seq: number): string {
  return `${idLine(epoch, seq)}\n`
}

/** What is in no log, and so has no `id:` line: what a stream says about itself, and what passes. */
export function unlogged<Name extends keyof Unlogged>(name: Name, data: Unlogged[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/** How long an EventSource waits before it connects again, in ms. */
export function retryLine(ms: number): string {
  return `retry: ${Math.round(ms)}\n`
}

/** The head of an event stream with `headers`, which are lines. Its body ends with the connection, so nothing is chunked. */
export function streamHead(headers: string): string {
  return [
    'HTTP/1.1 200 OK',
    'Content-Type: text/event-stream',
    'Cache-Control: no-store, no-transform',
    'X-Accel-Buffering: no',
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
    headers,
    ''
  ].join('\r\n')
}
