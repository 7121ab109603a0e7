import { createParser } from 'eventsource-parser'

/**
 * One block of the stream; `name` is `message` without an `event:` line, `id` is null without an `id:` line.
 */
export type StreamEvent = { name: string; id: string | null; data: unknown }

export type EventStream = {
  readonly status: number
  readonly headers: Headers
  /** Returns the next event; throws if the stream ends first. */
  next(): Promise<StreamEvent>
  /** Reads up to the first event that matches, and returns it; earlier events are in `seen`. */
  until(predicate: (event: StreamEvent) => boolean): Promise<StreamEvent>
  /** All events read so far, in order. */
  readonly seen: readonly StreamEvent[]
  /** The id from which a browser would resume; also set by a block with only an id. */
  readonly lastEventId: string
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>
  /** Drops the connection without a goodbye, as a lost network does. */
  cut(): void
}

export type StreamOptions = {
  lastEventId?: string
  query?: string
  headers?: Record<string, string>
  timeoutMs?: number
  /** Includes typing and presence signals, which depend on other users' activity. */
  signals?: boolean
}

/**
 * Opens `GET /api/messages` and reads it. `next()` and `until()` throw after `timeoutMs`, so that a test
 * names what is missing instead of hanging.
 */
export async function openStream(
  url: string,
  token: string,
  options: StreamOptions = {}
): Promise<EventStream> {
  const { timeoutMs = 20_000 } = options
  const connection = new AbortController()
  const response = await fetch(`${url}/api/messages${options.query ?? ''}`, {
    signal: connection.signal,
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      ...(options.lastEventId !== undefined && { 'last-event-id': options.lastEventId }),
      ...options.headers
    }
  })
  if (response.status !== 200 || !response.body) {
    throw new Error(`stream: ${response.status} ${await response.text()}`)
  }

  const seen: StreamEvent[] = []
  let read = 0
  let lastEventId = options.lastEventId ?? ''
  let over = false
  let wake: (() => void) | undefined
  const parser = createParser({
    onEvent({ event: name = 'message', id = null, data }) {
      if (!options.signals && (name === 'typing' || name === 'presence')) return
      seen.push({ name, id, data: data === '' ? '' : JSON.parse(data) })
    },
    // Like a browser, the parser emits no event for a block without data, but its id counts.
    onId: (id) => void (lastEventId = id)
  })

  const body = response.body
  const ended = (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of body) {
        parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }))
        wake?.()
      }
    } catch {
      // Cut by the test or ended by the server.
    }
    over = true
    wake?.()
  })()

  async function next(): Promise<StreamEvent> {
    const end = AbortSignal.timeout(timeoutMs)
    while (read === seen.length) {
      if (over) throw new Error(`the stream ended after ${JSON.stringify(seen)}`)
      if (end.aborted) throw new Error(`no event in ${timeoutMs} ms after ${JSON.stringify(seen)}`)
      await new Promise<void>((resolve) => {
        wake = resolve
        end.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    return seen[read++]!
  }
  return {
    status: response.status,
    headers: response.headers,
    next,
    async until(predicate) {
      for (;;) {
        const event = await next()
        if (predicate(event)) return event
      }
    },
    seen,
    get lastEventId() {
      return lastEventId
    },
    ended,
    cut: () => connection.abort()
  }
}
