import type { Socket } from 'node:net'

/** Looks in each of these while it waits; a reader that stops is found out a quarter late at most. */
const looks = 4

/**
 * Resolves when a socket takes more, or is closed. Calls `cutOff` when its peer takes nothing for `stallMs`: one that is
 * slow to empty what was written, and goes on, is waited for.
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
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}

/** What the system has not taken yet; of a write that it took a part of, the rest (Node's own timeout asks the same). */
function unsentBytes(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize: number } | null }
  return handle?.writeQueueSize ?? socket.writableLength
}
