import { createParser } from 'eventsource-parser'

/** A complete block of an event stream; `data` is null if the block has none, such as a lone id. */
export type Block = { id: string | null; name: string; data: string | null }

export type StreamParser = {
  /** Returns the blocks that these bytes complete. An incomplete last block is discarded. */
  feed(bytes: Uint8Array): Block[]
  /** The last `retry:` value, ms; null before the first. */
  readonly retryMs: number | null
}

/** Returns a parser of `text/event-stream` (HTML, section 9.2) that accepts bytes split anywhere. */
export function createStreamParser(): StreamParser {
  // The parser removes the byte order mark; a second decoder would remove another one.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let blocks: Block[] = []
  let retryMs: number | null = null
  const parser = createParser({
    onId: (id) => {
      blocks.push({ id, name: 'message', data: null })
    },
    onEvent({ id, event, data }) {
      // The id arrived in its own block.
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
