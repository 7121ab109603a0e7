import { createParser } from 'eventsource-parser'

/** A complete block of an event stream; `data` is null when the block had none, as where an id stands alone. */
export type Block = { id: string | null; name: string; data: string | null }

export type StreamParser = {
  /** The blocks that these bytes complete. What is unfinished when the bytes end is nobody's. */
  feed(bytes: Uint8Array): Block[]
  /** The last `retry:`, ms; null before one. */
  readonly retryMs: number | null
}

/** Reads `text/event-stream` (HTML, section 9.2) from bytes cut anywhere. */
export function createStreamParser(): StreamParser {
  // The parser takes the byte order mark away; two decoders doing so would take away two.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let blocks: Block[] = []
  let retryMs: number | null = null
  const parser = createParser({
    onId: (id) => {
      blocks.push({ id, name: 'message', data: null })
    },
    onEvent({ id, event, data }) {
      // The id was told first, on its own.
      if (id !== undefined) blocks.pop()
      blocks.push({ id: id ?? null, name: event ?? 'message', data })
    },
    onRetry: (ms) => {
      retryMs = ms
    }
  })
  return {
    feed(bytes) {
      blocks = []
      parser.feed(decoder.decode(bytes, { stream: true }))
      return blocks
    },
    get retryMs() {
      return retryMs
    }
  }
}
