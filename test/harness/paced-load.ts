import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '@parley/contract/entities'
import type { Pair } from './crowd.ts'
import { RawSender } from './raw-sender.ts'

export type PacedLoad = {
  /** The messages that were acknowledged so far. */
  readonly acknowledged: readonly Message[]
  /** From when each was due to its acknowledgement, ms, since this was last called. */
  takeDelays(): number[]
  /** Attempts that were not answered, or answered 503; each was sent again with its key. */
  readonly retries: number
  /** Resolves when so many are acknowledged. */
  untilAcknowledged(count: number): Promise<void>
  /** Begins no more. Resolves when all that were begun are acknowledged. */
  finish(): Promise<void>
}

type Options = {
  port: number
  /** In turn; the first member of a pair sends. */
  pairs: readonly Pair[]
  perSecond: number
  /** Connections; each has one request under way at most. */
  connections?: number
  content?: () => string
}

const tickMs = 5
const retryMs = 20

/** Sends so many messages a second, each with a key and again with the same one until it is acknowledged. */
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

  /** Whether one more is to be begun; waits for its time. */
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
