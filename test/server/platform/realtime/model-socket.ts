import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

/** Bytes that the system buffers before the other end reads. */
const systemBytes = 400

/**
 * The server's end of a connection without a network: the test decides when and how much the other end reads.
 */
export class ModelSocket extends EventEmitter {
  writable = true
  readonly writableCorked = 0
  destroyed = false
  /** Writes after the end, which a real socket would not send. */
  wroteAfterEnd = 0
  readonly #perform: (task: () => void) => void
  #waiting: Buffer = Buffer.alloc(0)
  /** Callbacks for when the system has accepted the preceding writes. */
  #written: { at: number; done: () => void }[] = []
  #count = 0

  /** `perform` runs what a real socket would report later. */
  constructor(perform: (task: () => void) => void) {
    super()
    this.#perform = perform
  }

  asSocket(): Socket {
    return this as unknown as Socket
  }

  get waitingBytes(): number {
    return this.#waiting.length
  }

  /** Bytes that the system has not accepted. */
  get writableLength(): number {
    return Math.max(0, this.#waiting.length - systemBytes)
  }

  get writableNeedDrain(): boolean {
    return this.writableLength > 0
  }

  write(data: string | Buffer, done?: () => void): void {
    const length = Buffer.byteLength(data)
    if (this.writable) this.#waiting = Buffer.concat([this.#waiting, Buffer.from(data as string)])
    else if (length > 0) this.wroteAfterEnd++
    this.#count += this.writable ? length : 0
    if (done) this.#written.push({ at: this.#count, done })
    this.#tellWritten()
  }

  end(data: string): void {
    this.write(data)
    this.writable = false
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.writable = false
    this.#perform(() => this.emit('close'))
  }

  /** Reads up to `bytes` at the other end. */
  read(bytes: number): Buffer {
    const read = this.#waiting.subarray(0, bytes)
    this.#waiting = this.#waiting.subarray(bytes)
    this.#tellWritten()
    if (this.#waiting.length === 0 && !this.writable) this.destroy()
    return read
  }

  #tellWritten(): void {
    while (this.#written[0] && this.#written[0].at <= this.#count - this.writableLength) {
      this.#perform(this.#written.shift()!.done)
    }
  }

  cork(): void {}
  uncork(): void {}
  setTimeout(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}
}
