import type { Cursor } from '@parley/contract/cursor'
import { Refusal, NetworkError } from '@parley/client'

/** The server's end of consecutive streams; the test decides what each connection carries. */
export type FakeStreams = {
  open(cursor: Cursor | null, signal: AbortSignal): Promise<Response>
  /** The cursor of each connection. */
  readonly asked: (Cursor | null)[]
  /** Failures of the next connections, in order. */
  readonly failures: Error[]
  send(text: string): void
  end(): void
  readonly isOpen: boolean
}

export function fakeStreams(): FakeStreams {
  const encoder = new TextEncoder()
  const asked: (Cursor | null)[] = []
  const failures: Error[] = []
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  return {
    asked,
    failures,
    async open(cursor, signal) {
      asked.push(cursor)
      const failure = failures.shift()
      if (failure) throw failure
      const body = new ReadableStream<Uint8Array>({
        start(started) {
          controller = started
          signal.addEventListener('abort', () => {
            if (controller === started) controller = null
            // As with fetch, a pending or later read fails.
            started.error(signal.reason)
          })
        }
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    },
    send: (text) => controller!.enqueue(encoder.encode(text)),
    end() {
      controller!.close()
      controller = null
    },
    get isOpen() {
      return controller !== null
    }
  }
}

export const networkDown = () => new NetworkError('The server is unreachable')
export const signedOut = () => new Refusal(401, { code: 'unauthenticated' })

/** Returns a log event in wire format. */
export function frame(seq: number, content = `message ${seq}`, name = ''): string {
  const event = name && `event: ${name}\n`
  return `id: e-${seq}\n${event}data: ${JSON.stringify({ content })}\n\n`
}

export const sync = (head: number) => `event: sync\ndata: {"head":${head}}\n\n`
