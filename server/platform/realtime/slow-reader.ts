import type { Socket } from 'node:net'

/** Bytes of one pull at most, unless it is a single event. */
export const pullMaxBytes = 64 * 1_024
/** The same while slow readers hold much. */
const pullScarceBytes = 2 * 1_024
/** What slow readers hold from which on they are given little at a time. */
const unsentMuchBytes = 32 * 1_024 * 1_024

/**
 * Bytes that the streams of a process have written and their consumers have not read. It bounds the process: beyond 32 MB each
 * consumer holds 2 kB or one event, and continues in smaller steps.
 */
export class Unsent {
  readonly #muchBytes: number
  #bytes = 0

  constructor(muchBytes = unsentMuchBytes) {
    this.#muchBytes = muchBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes of one pull at most, for now. */
  get pullMaxBytes(): number {
    return this.#bytes < this.#muchBytes ? pullMaxBytes : pullScarceBytes
  }

  /** Waits as `untilDrained` does, and counts meanwhile what is waited for. */
  async untilDrained(socket: Socket, stallMs: number, cutOff: () => void): Promise<void> {
    const bytes = socket.writableLength
    this.#bytes += bytes
    await untilDrained(socket, stallMs, cutOff)
    this.#bytes -= bytes
  }
}

/**
 * Returns whether the kernel has yet to accept written bytes; a stream writes no more until then. Bytes that are corked for one
 * write count only if they are many.
 */
export function isUnsent(socket: Socket): boolean {
  return socket.writableLength > 0 && (socket.writableCorked === 0 || socket.writableNeedDrain)
}

/** Looks in each of these while it waits; a reader that stops is found out a quarter late at most. */
const looks = 4

/**
 * Resolves when the kernel has accepted all bytes of a socket, or it is closed. Calls `cutOff` when the peer reads nothing for
 * `stallMs`; a slow consumer that makes progress is kept.
 */
export function untilDrained(socket: Socket, stallMs: number, cutOff: () => void): Promise<void> {
  return new Promise((resolve) => {
    let unsent = unsentBytes(socket)
    let still = 0
    const timer = setInterval(() => {
      const now = unsentBytes(socket)
      still = now === unsent ? still + 1 : 0
      unsent = now
      if (still === looks) cutOff()
    }, stallMs / looks)
    const done = () => {
      clearInterval(timer)
      socket.off('close', done)
      resolve()
    }
    socket.on('close', done)
    // Not 'drain', which is emitted only after a full buffer.
    socket.write('', done)
  })
}

/** What the system has not taken yet; of a write that it took a part of, the rest (Node's own timeout asks the same). */
function unsentBytes(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize: number } | null }
  return handle?.writeQueueSize ?? socket.writableLength
}
