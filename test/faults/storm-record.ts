import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '@parley/contract/entities'

export type Random = () => number

/** mulberry32: numbers from 0 to 1 that a seed alone decides. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Numbers of an actor's own: what one decides does not hang on when another is run. */
export function randomOf(seed: number, name: string): Random {
  return seededRandom(Number.parseInt(hash('sha1', `${seed} ${name}`).slice(0, 8), 16))
}

/** The pauses are part of the injected schedule: the seed decides how long each is. */
export function pause(ms: number): Promise<void> {
  return delay(ms)
}

/** Whether things are still to be broken. */
export function isOn({ calm, broken }: StormRecord): boolean {
  return !calm && broken === null
}

/** What readers, writers and those who talk to somebody new bring with them. */
export const actorFaults = [
  'stream cut',
  'stream cut at a byte',
  'stream throttled',
  'stream delayed',
  'stream silent (half-open)',
  'reader stalled',
  'reader away',
  'reader from an older cursor',
  'session ended in mid-stream',
  'answer cut at a byte',
  'answer throttled',
  'answer delayed',
  'answer silent (half-open)',
  'key sent twice at once',
  'old key sent again',
  'conversation started by both at once'
]

/** What a storm injected, when, and the first invariant that broke. */
export type StormRecord = ReturnType<typeof startRecord>

export function startRecord(faults: readonly string[]) {
  const startedAt = performance.now()
  const counts: Record<string, number> = Object.fromEntries(faults.map((fault) => [fault, 0]))
  const timeline: string[] = []
  const acknowledged = new Map<string, Message>()
  const orders = new Map<string, string[]>()
  const note = (text: string) =>
    void timeline.push(
      `${Math.round(performance.now() - startedAt)
        .toString()
        .padStart(8)} ms  ${text}`
    )
  const record = {
    counts,
    timeline,
    acknowledged,
    broken: null as string | null,
    /** The end of the storm: no more faults and no new messages, what is under way is finished. */
    calm: false,
    /** Answers of every kind that were held against Parley. */
    answers: 0,
    note,
    inject(fault: string, detail = ''): void {
      if (counts[fault] === undefined) throw new Error(`${fault} is none of this storm's faults`)
      counts[fault]++
      note(`${fault} ${detail}`)
    },
    violate(what: string): void {
      note(`BROKEN: ${what}`)
      record.broken ??= what
    },
    /** A key has one message for ever, whichever retry is answered. */
    acknowledge(clientId: string, message: Message): void {
      const first = acknowledged.get(clientId)
      if (first && (first.id !== message.id || first.position !== message.position)) {
        record.violate(`key ${clientId} has two messages: ${first.id} and ${message.id}`)
      }
      acknowledged.set(clientId, first ?? message)
    },
    /** Whoever sees a conversation sees one message at one position. */
    place(conversationId: string, position: number, id: string, who: string): void {
      const order = orders.get(conversationId) ?? []
      orders.set(conversationId, order)
      order[position] ??= id
      if (order[position] !== id) {
        record.violate(`${who} has message ${id} at ${position}, where others have ${order[position]}`)
      }
    }
  }
  return record
}
