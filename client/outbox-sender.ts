import type { Message } from '@parley/contract/messages'
import type { ProblemCode } from '@parley/contract/problems'
import { backoffMs } from './backoff.ts'
import { systemClock, wait, type Clock } from './clock.ts'
import { isSignedOut, isTemporary, Refusal, reportFault, retryAfterMs } from './failures.ts'
import { guarded, type OnError } from './listener.ts'
import { isSuperseded, mergeRefused, resolveChanges } from './outbox-changes.ts'
import type { OutboxItem, OutboxStorage, SendItem } from './outbox.ts'

export type OutboxSenderOptions = {
  storage: OutboxStorage
  /** Makes one request, usually `postItem`. Returns the message if the response contains one. */
  send: (item: OutboxItem, signal: AbortSignal) => Promise<Message | null>
  /**
   * Called when the server has acknowledged an item, before it leaves the storage. So it never disappears
   * from the screen in between.
   */
  onSent: (item: OutboxItem, message: Message | null) => void
  /** Called after an item was removed, changed or refused. */
  onChanged: () => void
  onSignedOut: () => void
  /** Receives exceptions of listeners; the item counts as handled. Prints them to the console by default. */
  onError?: OnError
  clock?: Clock
  random?: () => number
}

/** Acknowledged sends kept in memory. */
const sentMax = 100
const backoff = { baseMs: 500, capMs: 30_000 }

/** Problem codes that mean the item's message no longer exists. */
const goneCodes: ReadonlySet<ProblemCode> = new Set(['message_deleted', 'message_not_found'])

/**
 * Posts the items of an outbox. Items of one conversation go in order; conversations do not wait for each
 * other. Each item is retried until the server acknowledges or refuses it. One sender per outbox is enough; a
 * second one does no harm because every item is idempotent.
 */
export class OutboxSender {
  readonly #options: OutboxSenderOptions
  readonly #clock: Clock
  readonly #closed = new AbortController()
  readonly #lanes = new Set<string>()
  /** Conversations that received an item while their lane was reading the storage. */
  readonly #dirty = new Set<string>()
  #now = new AbortController()
  /**
   * The last acknowledged sends, by `clientId`. A change may be queued for one before its response has set
   * the id.
   */
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

  /** Posts new items. Call it after adding one. */
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

  /** Retries pending items at once. Call it when the network is back. */
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
        // No valid response, or the storage failed.
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

  /**
   * Posts one item. Resolves when the server has acknowledged or refused it; throws if it must be retried.
   */
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
      if (isTemporary(error) || !(error instanceof Refusal)) throw error
      await this.#refused(item, error)
    }
    onChanged()
  }

  #remember(item: SendItem, message: Message): void {
    this.#sent.set(item.clientId, { item, message })
    const [oldest] = this.#sent.keys()
    if (this.#sent.size > sentMax) this.#sent.delete(oldest!)
  }

  /**
   * Marks an item as posted, so that nothing merges into it any more. Returns null if it was dropped in the
   * meantime.
   */
  async #claim(listed: OutboxItem): Promise<OutboxItem | null> {
    if (listed.tried) return listed
    const claimed: OutboxItem[] = []
    await this.#options.storage.update(listed.clientId, (item) => {
      claimed.push({ ...item, tried: true })
      return claimed[0]!
    })
    return claimed[0] ?? null
  }

  async #refused(item: OutboxItem, problem: Refusal): Promise<void> {
    const { storage } = this.#options
    const { clientId, kind } = item
    const isGone = goneCodes.has(problem.code)
    // The quoted message was deleted: send the reply without the quote.
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
