import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '@parley/contract/messages'
import type { Pair } from './crowd.ts'
import { RawSender } from './raw-sender.ts'

export type PacedLoad = {
  /** The messages acknowledged so far. */
  readonly acknowledged: readonly Message[]
  /** Returns, for each acknowledgement since the last call, the time since the send was due, ms. */
  takeDelays(): number[]
  /** Attempts that failed or were answered 503; each was retried with its key. */
  readonly retries: number
  /** Resolves when `count` messages are acknowledged. */
  untilAcknowledged(count: number): Promise<void>
  /** Stops starting sends. Resolves when all started sends are acknowledged. */
  finish(): Promise<void>
}

type Options = {
  port: number
  /** Used in turn; the first member of a pair sends. */
  pairs: readonly Pair[]
  perSecond: number
  /** Number of connections; each has at most one pending request. */
  connections?: number
  content?: () => string
}

const tickMs = 5
const retryMs = 20

/**
 * Sends a fixed number of messages per second. Each has an idempotency key and is retried with it until
 * acknowledged.
 */
export function startPacedLoad({
  port,
  pairs,
  perSecond,
  connections = 50,
  content = () => 'hello'
}: Options): PacedLoad {
  const acknowledged: Message[] = []
  let delaysMs: number[] = []
  const startedAt = performance.now()
  const state = { retries: 0, begun: 0, due: 0, over: false, failed: null as Error | null }

  /** Waits until the next send is due. Returns false if the load has been stopped. */
  async function isDue(): Promise<boolean> {
    while (!state.over && state.begun >= state.due) {
      state.due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond)
      if (state.begun >= state.due) await delay(tickMs)
    }
    return !state.over
  }

  async function sendDue(): Promise<void> {
    const sender = new RawSender(port)
    while (await isDue()) {
      const dueAt = startedAt + (state.begun / perSecond) * 1_000
      const { conversationId, members } = pairs[state.begun++ % pairs.length]!
      const { token } = members[0]
      const key = randomUUID()
      const text = content()
      let message = await sender.send(token, conversationId, text, key)
      while (!message) {
        state.retries++
        await delay(retryMs)
        message = await sender.send(token, conversationId, text, key)
      }
      delaysMs.push(performance.now() - dueAt)
      acknowledged.push(message)
    }
    sender.close()
  }

  const sending = Promise.all(Array.from({ length: connections }, sendDue))
  sending.catch((error: Error) => (state.failed = error))
  return {
    acknowledged,
    takeDelays() {
      const taken = delaysMs
      delaysMs = []
      return taken
    },
    get retries() {
      return state.retries
    },
    async untilAcknowledged(count) {
      while (acknowledged.length < count) {
        if (state.failed) throw state.failed
        await delay(tickMs)
      }
    },
    async finish() {
      state.over = true
      await sending
    }
  }
}
