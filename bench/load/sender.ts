import { connect, type Socket } from 'node:net'

const readBuffer = Buffer.allocUnsafe(64 * 1_024)
const headEnd = Buffer.from('\r\n\r\n')
const lengthName = Buffer.from('ontent-')

/**
 * One connection that posts continuously, one request at a time. It reads only an answer's status and length,
 * because load must cost less than the server.
 */
export class Sender {
  readonly #socket: Socket
  readonly #next: () => string
  readonly #onAnswer: (ms: number) => void
  readonly #onFailure: (error: Error) => void
  #startedAt = 0
  /** Remaining bytes of the current answer; negative while its headers are incomplete. */
  #left = -1
  #head = Buffer.alloc(0)
  #over: (() => void) | undefined

  constructor(
    port: number,
    /** Returns the complete request, headers and body. */
    next: () => string,
    onAnswer: (ms: number) => void,
    onFailure: (error: Error) => void
  ) {
    this.#next = next
    this.#onAnswer = onAnswer
    this.#onFailure = onFailure
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length: number) => {
          this.#take(readBuffer.subarray(0, length))
          return true
        }
      }
    })
    this.#socket.on('error', onFailure)
  }

  start(): void {
    this.#startedAt = performance.now()
    this.#socket.write(this.#next(), 'latin1')
  }

  /** Resolves when the pending answer has arrived; sends nothing after it. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#over = () => {
        this.#socket.destroy()
        resolve()
      }
    })
  }

  #take(chunk: Buffer): void {
    if (this.#left < 0) {
      const bytes = this.#head.length > 0 ? Buffer.concat([this.#head, chunk]) : chunk
      const end = bytes.indexOf(headEnd)
      if (end < 0) {
        this.#head = Buffer.from(bytes)
        return
      }
      // "HTTP/1.1 201"
      if (bytes[9] !== 0x32 || bytes[10] !== 0x30) {
        return this.#onFailure(new Error(bytes.toString('latin1')))
      }
      this.#left = lengthIn(bytes, end) - (bytes.length - end - 4)
      this.#head = Buffer.alloc(0)
    } else this.#left -= chunk.length
    if (this.#left > 0) return
    this.#left = -1
    this.#onAnswer(performance.now() - this.#startedAt)
    if (this.#over) this.#over()
    else this.start()
  }
}

function lengthIn(head: Buffer, end: number): number {
  for (let at = head.indexOf(lengthName); at >= 0 && at < end; at = head.indexOf(lengthName, at + 1)) {
    const line = head.toString('latin1', at - 1, head.indexOf(13, at))
    const found = /^content-length: (\d+)$/i.exec(line)
    if (found) return Number(found[1])
  }
  throw new Error('an answer without Content-Length')
}
