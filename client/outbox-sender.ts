import { reportFault } from './failures.ts'
import type { Message } from '@parley/contract/entities'
import { Problem, type ProblemCode } from '@parley/contract/problems'
import { backoffMs } from './backoff.ts'
import { systemClock, wait, type Clock } from './clock.ts'
import { isSignedOut, isTemporary, retryAfterMs } from './failures.ts'
import { guarded, type OnError } from './listener.ts'
import { isSuperseded, mergeRefused, resolveChanges } from './outbox-changes.ts'
import type { OutboxItem, OutboxStorage, SendItem } from './outbox.ts'

export type OutboxSenderOptions = {
  storage: OutboxStorage
  /** One request: `postItem` of a client. Returns the message where the server answers with it. */
  send: (item: OutboxItem, signal: AbortSignal) => Promise<Message | null>
  /** The server has it. Called before the item leaves the storage, so that it never vanishes from a screen. */
  onSent: (item: OutboxItem, message: Message | null) => void
  /** An item left the storage, changed, or failed for good. */
  onChanged: () => void
  onSignedOut: () => void
  /** A listener threw: the item is done with all the same. By default it is printed to the console. */
  onError?: OnError
  clock?: Clock
  random?: () => number
}

/** Acknowledged sends that are remembered. */
const sentMax = 100
const backoff = { baseMs: 500, capMs: 30_000 }

/** Codes that say that the message of an item no longer exists. */
const goneCodes: ReadonlySet<ProblemCode> = new Set(['message_deleted', 'message_not_found'])

/**
 * Posts the items of an outbox: in order within a conversation, and no conversation waits for another. It retries until
 * the server takes or refuses an item. One sender an outbox is enough; two do no harm, for every item is idempotent.
 */
export class OutboxSender {
  readonly #options: OutboxSenderOptions
  readonly #clock: Clock
  readonly #closed = new AbortController()
  readonly #lanes = new Set<string>()
  /** Conversations that got something while their lane was looking. */
  readonly #dirty = new Set<string>()
  #now = new AbortController()
  /** The last sends, by `clientId`: a change of one may be queued while the answer arrives, with its id still unknown. */
  readonly #sent = new Map<string, { item: SendItem; message: Message }>()

  constructor(options: OutboxSenderOptions) {
    const { onError, onSent, onChanged, onSignedOut } = options
    this.#options = {
      ...options,
      onSent: guarded(onSent, onError),
      onChanged: guarded(onChanged, onError),
      onSignedOut: guarded(onSignedOut, onError)
    }
    this.#clock = options.clock ?? systemClock
    this.look().catch(reportFault)
  }

  /** Looks for new items. Call it when something was added. */
  async look(): Promise<void> {
    if (this.#closed.signal.aborted) return
    for (const { conversationId, problem } of await this.#options.storage.list()) {
      if (problem !== null || this.#closed.signal.aborted) continue
      this.#dirty.add(conversationId)
      if (this.#lanes.has(conversationId)) continue
      this.#lanes.add(conversationId)
      this.#drain(conversationId).catch(reportFault)
    }
  }

  /** Retries at once what waits for a retry: the network is back. */
  wake(): void {
    this.#now.abort()
    this.#now = new AbortController()
    this.look().catch(reportFault)
  }

  close(): void {
    this.#closed.abort()
    this.#now.abort()
  }

  async #drain(conversationId: string): Promise<void> {
    for (let attempt = 0; !this.#closed.signal.aborted;) {
      try {
        this.#dirty.delete(conversationId)
        const items = await this.#options.storage.list()
        const next = items.find((item) => item.conversationId === conversationId && item.problem === null)
        if (next) await this.#post(next)
        else if (!this.#dirty.has(conversationId)) break
        attempt = 0
      } catch (error) {
        // No answer that counts, or a storage that failed.
        if (this.#closed.signal.aborted) break
        await wait(
          this.#clock,
          backoffMs(backoff, attempt++, this.#options.random ?? Math.random, retryAfterMs(error)),
          this.#now.signal
        )
      }
    }
    this.#lanes.delete(conversationId)
  }

  /** Posts one item. Resolves when the server has acknowledged or refused it; throws when it must be retried. */
  async #post(listed: OutboxItem): Promise<void> {
    const { storage, send, onSent, onChanged, onSignedOut } = this.#options
    const sent = listed.kind === 'send' ? undefined : this.#sent.get(listed.messageId)
    if (sent) return resolveChanges(storage, sent.item, sent.message)
    const item = await this.#claim(listed)
    if (!item) return
    try {
      const message = await send(item, this.#closed.signal)
      onSent(item, message)
      if (message && item.kind === 'send') this.#remember(item, message)
      if (message && (item.kind === 'send' || item.kind === 'edit'))
        await resolveChanges(storage, item, message)
      await storage.update(item.clientId, () => null)
    } catch (error) {
      if (this.#closed.signal.aborted) return
      if (isSignedOut(error)) {
        this.close()
        return onSignedOut()
      }
      if (isTemporary(error) || !(error instanceof Problem)) throw error
      await this.#refused(item, error)
    }
    onChanged()
  }

  #remember(item: SendItem, message: Message): void {
    this.#sent.set(item.clientId, { item, message })
    const [oldest] = this.#sent.keys()
    if (this.#sent.size > sentMax) this.#sent.delete(oldest!)
  }

  /** Marks an item as posted, so that nothing is merged into it any more; returns null if it was dropped in the meantime. */
  async #claim(listed: OutboxItem): Promise<OutboxItem | null> {
    if (listed.tried) return listed
    const claimed: OutboxItem[] = []
    await this.#options.storage.update(listed.clientId, (item) => {
      claimed.push({ ...item, tried: true })
      return claimed[0]!
    })
    return claimed[0] ?? null
  }

  async #refused(item: OutboxItem, problem: Problem): Promise<void> {
    const { storage } = this.#options
    const { clientId, kind } = item
    const isGone = goneCodes.has(problem.code)
    // The message it answers was deleted: it is sent without the quote.
    if (kind === 'send' && item.replyTo && isGone) {
      const { replyTo: _, ...plain } = item
      return storage.update(clientId, () => plain)
    }
    const moot =
      (kind === 'unreact' && isGone) ||
      (kind !== 'send' && kind !== 'edit' && problem.code === 'conversation_not_found') ||
      (kind === 'edit' && (await isSuperseded(storage, item)))
    if (moot) return storage.update(clientId, () => null)
    await storage.update(clientId, (kept) => ({ ...kept, problem: problem.toJSON() }))
    if (kind === 'send') await mergeRefused(storage, item)
  }
}
