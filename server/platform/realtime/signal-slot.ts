import type { Signal } from '@parley/contract/events'
import { typingSeconds } from '@parley/contract/limits'
import { unlogged } from './frame.ts'

/** A signal on its way: `bytes` are shared by all who get it. Of two of one `key` the later holds. */
export type PassingSignal = {
  key: string
  bytes: Buffer
  /** When it is not worth sending any more, by `performance.now()`. */
  until: number
  /** The conversation whose members may see it. */
  within: boolean
}

export function passing({ name, data }: Signal): PassingSignal {
  const bytes = Buffer.from(unlogged(name, data))
  // A client repeats typing before it expires; presence has no expiry.
  if (name === 'presence') return { key: data.userId, bytes, until: Infinity, within: false }
  const until = performance.now() + (typingSeconds * 1_000) / 2
  return { key: `${data.conversationId} ${data.userId}`, bytes, until, within: true }
}

const waitingMax = 256

/** The signals that wait until their reader takes something: the latest of each key, and no more than some. */
export class SignalSlot {
  readonly #waiting = new Map<string, PassingSignal>()

  /** Gives how many were dropped for it. */
  put(signal: PassingSignal): number {
    this.#waiting.delete(signal.key)
    this.#waiting.set(signal.key, signal)
    if (this.#waiting.size <= waitingMax) return 0
    this.#waiting.delete(this.#waiting.keys().next().value!)
    return 1
  }

  /** Takes all of them out; those that are too late are not among them. */
  take(now: number): PassingSignal[] {
    const taken = [...this.#waiting.values()].filter(({ until }) => now < until)
    this.#waiting.clear()
    return taken
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Drops signals of conversations, because the reader may have left one. Returns how many were dropped. */
  forget(): number {
    const before = this.#waiting.size
    for (const { key, within } of this.#waiting.values()) if (within) this.#waiting.delete(key)
    return before - this.#waiting.size
  }
}
