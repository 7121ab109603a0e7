import { reportFault } from './failures.ts'
import type { Presence } from '@parley/contract/presence'
import type { LogEvent, Signal } from '@parley/contract/events'
import { typingSeconds } from '@parley/contract/limits'
import { backoffMs } from './backoff.ts'
import { systemClock, wait, type Clock } from './clock.ts'
import type { StreamState } from './event-stream.ts'
import { isTemporary, retryAfterMs } from './failures.ts'
import { guarded, type OnError } from './listener.ts'

/** User ids of the people who are typing, by conversation, in the order in which they started. */
export type Typing = ReadonlyMap<string, readonly string[]>

export type AwarenessOptions = {
  /** Usually `client.sendTyping`. */
  sendTyping(conversationId: string): Promise<void>
  /** Usually `client.presence`. */
  presence(options: { signal: AbortSignal }): Promise<Presence[]>
  /** Called after `typing` or `presence` was replaced by a new map. */
  onChange(): void
  /** Receives exceptions of `onChange`. Prints them to the console by default. */
  onError?: OnError
  clock?: Clock
  random?: () => number
}

const backoff = { baseMs: 2_000, capMs: 30_000 }
/**
 * Presence requests after a reconnect are spread over this time, ms, so that clients do not all ask together.
 */
const spreadMs = 3_000

/**
 * Typing and presence of the people the user talks to. Pass it the stream's `onSignal`, `onEvent` and
 * `onState`. The state is transient: do not save it.
 */
export class Awareness {
  readonly #options: AwarenessOptions
  readonly #clock: Clock
  readonly #closed = new AbortController()
  /** By conversation and user; the value cancels the expiry timer. */
  readonly #writers = new Map<string, Map<string, () => void>>()
  /** When the last typing signal was sent, by conversation, ms since 1970. */
  readonly #lastSentAt = new Map<string, number>()
  #typing: Typing = new Map()
  #presence: ReadonlyMap<string, Presence> = new Map()
  /** Presence signals that arrived during a presence request. They are newer than its answer. */
  #recentSignals = new Map<string, Presence>()
  #connected = false
  #asking = false
  #askAgain = false
  #asked = false

  constructor(options: AwarenessOptions) {
    this.#options = { ...options, onChange: guarded(() => options.onChange(), options.onError) }
    this.#clock = options.clock ?? systemClock
  }

  /** Replaced by a new map on each change. */
  get typing(): Typing {
    return this.#typing
  }

  /** Presence by user id; replaced by a new map on each change. A user without an entry is unknown. */
  get presence(): ReadonlyMap<string, Presence> {
    return this.#presence
  }

  /**
   * Call it on every keystroke. It sends a signal only when the last one is about to expire, and ignores
   * failures.
   */
  sendTyping(conversationId: string): void {
    const now = this.#clock.now()
    const sinceMs = now - (this.#lastSentAt.get(conversationId) ?? -Infinity)
    // A clock that was set back must not suppress the signal.
    if (sinceMs >= 0 && sinceMs < (typingSeconds * 1_000) / 2) return
    this.#lastSentAt.set(conversationId, now)
    this.#options.sendTyping(conversationId).catch(() => {})
  }

  onSignal({ name, data }: Signal): void {
    if (name === 'typing') return this.#begin(data.conversationId, data.userId)
    if (this.#asking) this.#recentSignals.set(data.userId, data)
    this.#presence = new Map(this.#presence).set(data.userId, data)
    this.#options.onChange()
  }

  onEvent({ name, data }: LogEvent): void {
    // A message ends its sender's typing.
    if (name === 'message') this.#end(data.conversationId, data.sender.id)
    if (name === 'message_sent') this.#lastSentAt.delete(data.conversationId)
    if (name === 'participant_removed' && data.change?.user) {
      this.#end(data.conversationId, data.change.user.id)
    }
    // These events change which people the user shares a conversation with.
    const moved = name === 'conversation_created' || name === 'participant_added' || isFirst(name, data)
    if ((moved || name === 'participant_removed') && this.#connected) this.#ask().catch(reportFault)
  }

  onState(state: StreamState): void {
    if (state === 'connecting' || state === 'waiting') this.#connected = false
    if (state === 'closed') return this.close()
    if (state !== 'complete' || this.#connected) return
    this.#connected = true
    this.#ask().catch(reportFault)
  }

  close(): void {
    this.#closed.abort()
    for (const writers of this.#writers.values()) for (const cancel of writers.values()) cancel()
    this.#writers.clear()
  }

  #begin(conversationId: string, userId: string): void {
    if (this.#closed.signal.aborted) return
    const writers = this.#writers.get(conversationId) ?? new Map<string, () => void>()
    this.#writers.set(conversationId, writers)
    const known = writers.get(userId)
    known?.()
    writers.set(
      userId,
      this.#clock.after(typingSeconds * 1_000, () => this.#end(conversationId, userId))
    )
    if (!known) this.#show(conversationId)
  }

  #end(conversationId: string, userId: string): void {
    const writers = this.#writers.get(conversationId)
    const cancel = writers?.get(userId)
    if (!writers || !cancel) return
    cancel()
    writers.delete(userId)
    if (writers.size === 0) this.#writers.delete(conversationId)
    this.#show(conversationId)
  }

  #show(conversationId: string): void {
    const typing = new Map(this.#typing)
    const writers = this.#writers.get(conversationId)
    if (writers) typing.set(conversationId, [...writers.keys()])
    else typing.delete(conversationId)
    this.#typing = typing
    this.#options.onChange()
  }

  /** Requests presence until the server answers, and again if membership changed during the request. */
  async #ask(): Promise<void> {
    this.#askAgain = true
    if (this.#asking) return
    this.#asking = true
    const { signal } = this.#closed
    const random = this.#options.random ?? Math.random
    if (this.#asked) await wait(this.#clock, random() * spreadMs, signal)
    for (let attempt = 0; this.#askAgain && !signal.aborted; attempt++) {
      this.#askAgain = false
      this.#recentSignals = new Map()
      try {
        const people = await this.#options.presence({ signal })
        if (signal.aborted) break
        this.#presence = new Map([
          ...people.map((each) => [each.userId, each] as const),
          ...this.#recentSignals
        ])
        this.#asked = true
        attempt = -1
        this.#options.onChange()
      } catch (error) {
        // A permanent failure: the next connection asks again.
        if (!isTemporary(error) || !this.#connected) break
        this.#askAgain = true
        await wait(this.#clock, backoffMs(backoff, attempt, random, retryAfterMs(error)), signal)
      }
    }
    this.#asking = false
  }
}

/**
 * Two people see each other's presence from their first message on, not from the start of their conversation.
 */
function isFirst(name: LogEvent['name'], data: object): boolean {
  return (name === 'message' || name === 'message_sent') && 'position' in data && data.position === 1
}
