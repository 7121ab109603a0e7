import type { Message } from '@parley/contract/entities'
import { Problem } from '@parley/contract/errors'
import { backoffMs } from './backoff.ts'
import { systemClock, wait, type Clock } from './clock.ts'
import { isSignedOut, isTemporary, retryAfterMs } from './failures.ts'
import { guarded, type OnError } from './listener.ts'
import type { OutboxItem, OutboxStorage } from './outbox.ts'

export type OutboxSenderOptions = {
  storage: OutboxStorage
  /** One try; throws what `client.sendMessage` throws. */
  send: (item: OutboxItem, signal: AbortSignal) => Promise<Message>
  /** The server has it. Called before the item leaves the storage, so that it never vanishes from a screen. */
  onSent: (message: Message, clientId: string) => void
  /** An item left the storage, or failed for good. */
  onChanged: () => void
  onSignedOut: () => void
  /** A listener threw: the item is done with all the same. Reported as an uncaught exception unless it is given. */
  onError?: OnError
  clock?: Clock
  random?: () => number
}

const backoff = { baseMs: 500, capMs: 30_000 }

/**
 * Sends what is in an outbox, for ever: in order within a conversation, and no conversation waits for another. Only a
 * refusal ends the tries. One sender an outbox is enough; two would do no harm, for the ids are the same.
 */
export class OutboxSender {
  readonly #options: OutboxSenderOptions
  readonly #clock: Clock
  readonly #closed = new AbortController()
  readonly #lanes = new Set<string>()
  /** Conversations that got something while their lane was looking. */
  readonly #dirty = new Set<string>()
  #now = new AbortController()

  constructor(options: OutboxSenderOptions) {
    const { onError, onSent, onChanged, onSignedOut } = options
    this.#options = {
      ...options,
      onSent: guarded(onSent, onError),
      onChanged: guarded(onChanged, onError),
      onSignedOut: guarded(onSignedOut, onError)
    }
    this.#clock = options.clock ?? systemClock
    void this.look()
  }

  /** Looks for new items. Call it when something was added. */
  async look(): Promise<void> {
    if (this.#closed.signal.aborted) return
    for (const { conversationId, problem } of await this.#options.storage.list()) {
      if (problem !== null || this.#closed.signal.aborted) continue
      this.#dirty.add(conversationId)
      if (this.#lanes.has(conversationId)) continue
      this.#lanes.add(conversationId)
      void this.#drain(conversationId)
    }
  }

  /** Tries at once what is waiting for another try: the network is back. */
  wake(): void {
    this.#now.abort()
    this.#now = new AbortController()
    void this.look()
  }

  close(): void {
    this.#closed.abort()
    this.#now.abort()
  }

  async #drain(conversationId: string): Promise<void> {
    for (let attempt = 0; !this.#closed.signal.aborted;) {
      this.#dirty.delete(conversationId)
      const items = await this.#options.storage.list()
      const next = items.find((item) => item.conversationId === conversationId && item.problem === null)
      if (next) {
        attempt = (await this.#try(next, attempt)) ? 0 : attempt + 1
      } else if (!this.#dirty.has(conversationId)) {
        break
      }
    }
    this.#lanes.delete(conversationId)
  }

  /** Whether the item is done with, sent or refused; false after the wait for another try. */
  async #try(item: OutboxItem, attempt: number): Promise<boolean> {
    const { storage, send, onSent, onChanged, onSignedOut, random = Math.random } = this.#options
    try {
      const message = await send(item, this.#closed.signal)
      onSent(message, item.clientId)
      await storage.remove(item.clientId)
    } catch (error) {
      if (this.#closed.signal.aborted) return false
      if (isSignedOut(error)) {
        this.close()
        onSignedOut()
        return false
      }
      if (isTemporary(error) || !(error instanceof Problem)) {
        const ms = backoffMs(backoff, attempt, random, retryAfterMs(error))
        await wait(this.#clock, ms, this.#now.signal)
        return false
      }
      await storage.replace({ ...item, problem: error.toJSON() })
    }
    onChanged()
    return true
  }
}
