import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

/** Bytes that wait in the server's end before it is told to stop writing. */
const highWaterMark = 400

/** The server's end of a connection, without a network: a test says when, and how far, the other end reads. */
export class ModelSocket extends EventEmitter {
  writable = true
  writableNeedDrain = false
  destroyed = false
  /** Writes after the end, which a real socket would not send. */
  wroteAfterEnd = 0
  readonly #perform: (task: () => void) => void
  #waiting: Buffer = Buffer.alloc(0)

  /** `perform` runs what a real socket tells later. */
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

  write(data: string | Buffer): void {
    if (!this.writable) this.wroteAfterEnd++
    else this.#waiting = Buffer.concat([this.#waiting, Buffer.from(data as string)])
    if (this.#waiting.length > highWaterMark) this.writableNeedDrain = true
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

  /** The other end reads up to `bytes`. */
  read(bytes: number): Buffer {
    const read = this.#waiting.subarray(0, bytes)
    this.#waiting = this.#waiting.subarray(bytes)
    if (this.#waiting.length === 0 && !this.destroyed) {
      if (this.writableNeedDrain && this.writable) {
        this.#perform(() => {
          this.writableNeedDrain = false
          this.emit('drain')
        })
      } else if (!this.writable) this.destroy()
    }
    return read
  }

  cork(): void {}
  uncork(): void {}
  setTimeout(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}
}
