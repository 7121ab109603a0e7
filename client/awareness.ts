import { reportFault } from './failures.ts'
import type { Presence } from '@parley/contract/entities'
import type { LogEvent, Signal } from '@parley/contract/events'
import { typingSeconds } from '@parley/contract/limits'
import { backoffMs } from './backoff.ts'
import { systemClock, wait, type Clock } from './clock.ts'
import type { StreamState } from './event-stream.ts'
import { isTemporary, retryAfterMs } from './failures.ts'
import { guarded, type OnError } from './listener.ts'

/** Who is writing, by conversation: user ids in the order in which they began. */
export type Typing = ReadonlyMap<string, readonly string[]>

export type AwarenessOptions = {
  /** `client.sendTyping`. */
  sendTyping(conversationId: string): Promise<void>
  /** `client.presence`. */
  presence(options: { signal: AbortSignal }): Promise<Presence[]>
  /** `typing` or `presence` is another map from now on. */
  onChange(): void
  /** `onChange` threw. By default it is printed to the console. */
  onError?: OnError
  clock?: Clock
  random?: () => number
}

const backoff = { baseMs: 2_000, capMs: 30_000 }
/** Clients that come back together ask who is here spread over this. */
const spreadMs = 3_000

/**
 * Who is writing and who is here, as far as this device has heard. Give it what the event stream tells: `onSignal`,
 * `onEvent` and `onState`. All of it passes: nothing here is to be kept.
 */
export class Awareness {
  readonly #options: AwarenessOptions
  readonly #clock: Clock
  readonly #closed = new AbortController()
  /** By conversation and user; each with what cancels its end. */
  readonly #writers = new Map<string, Map<string, () => void>>()
  /** When I last said that I am writing, by conversation. */
  readonly #said = new Map<string, number>()
  #typing: Typing = new Map()
  #presence: ReadonlyMap<string, Presence> = new Map()
  /** Whom the stream told of while the server was being asked: that is newer than its answer. */
  #heard = new Map<string, Presence>()
  #connected = false
  #asking = false
  #askAgain = false
  #asked = false

  constructor(options: AwarenessOptions) {
    this.#options = { ...options, onChange: guarded(() => options.onChange(), options.onError) }
    this.#clock = options.clock ?? systemClock
  }

  /** A new map with each change. */
  get typing(): Typing {
    return this.#typing
  }

  /** By user id, of those whom I talk with; a new map with each change. Whoever is not in it: not known. */
  get presence(): ReadonlyMap<string, Presence> {
    return this.#presence
  }

  /** Call it at every keystroke: it is said again only when it would end, and a failure is nobody's. */
  sendTyping(conversationId: string): void {
    const now = this.#clock.now()
    const sinceMs = now - (this.#said.get(conversationId) ?? -Infinity)
    // A clock that was set back must not silence it.
    if (sinceMs >= 0 && sinceMs < (typingSeconds * 1_000) / 2) return
    this.#said.set(conversationId, now)
    this.#options.sendTyping(conversationId).catch(() => {})
  }

  onSignal({ name, data }: Signal): void {
    if (name === 'typing') return this.#begin(data.conversationId, data.userId)
    if (this.#asking) this.#heard.set(data.userId, data)
    this.#presence = new Map(this.#presence).set(data.userId, data)
    this.#options.onChange()
  }

  onEvent({ name, data }: LogEvent): void {
    // Whoever sent it has written it.
    if (name === 'message') this.#end(data.conversationId, data.sender.id)
    if (name === 'message_sent') this.#said.delete(data.conversationId)
    if (name === 'participant_removed' && data.change?.user) {
      this.#end(data.conversationId, data.change.user.id)
    }
    // Whom I talk with may be others now.
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

  /** Asks who is here, until there is an answer; once more when something changed meanwhile. */
  async #ask(): Promise<void> {
    this.#askAgain = true
    if (this.#asking) return
    this.#asking = true
    const { signal } = this.#closed
    const random = this.#options.random ?? Math.random
    if (this.#asked) await wait(this.#clock, random() * spreadMs, signal)
    for (let attempt = 0; this.#askAgain && !signal.aborted; attempt++) {
      this.#askAgain = false
      this.#heard = new Map()
      try {
        const people = await this.#options.presence({ signal })
        if (signal.aborted) break
        this.#presence = new Map([...people.map((each) => [each.userId, each] as const), ...this.#heard])
        this.#asked = true
        attempt = -1
        this.#options.onChange()
      } catch (error) {
        // Not an answer: the next connection asks again.
        if (!isTemporary(error) || !this.#connected) break
        this.#askAgain = true
        await wait(this.#clock, backoffMs(backoff, attempt, random, retryAfterMs(error)), signal)
      }
    }
    this.#asking = false
  }
}

/** The first message makes two people see one another; that one of them opened the conversation does not. */
function isFirst(name: LogEvent['name'], data: object): boolean {
  return (name === 'message' || name === 'message_sent') && 'position' in data && data.position === 1
}
