import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '@parley/contract/entities'
import type { Ask } from './storm-asks.ts'
import { openFacts } from './storm-facts.ts'

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

export async function pauseWhileOn(record: StormRecord, ms: number): Promise<void> {
  const endsAt = performance.now() + ms
  while (isOn(record) && performance.now() < endsAt) await pause(Math.min(100, ms))
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

/** One stream of somebody's: since when, and when it first showed something of which conversation (ms). */
export type Connection = {
  readonly userId: string
  readonly openedAt: number
  readonly shown: Map<string, number>
}

/** What a storm injected, when, and the first invariant that broke. */
export type StormRecord = ReturnType<typeof startRecord>

export function startRecord(faults: readonly string[]) {
  const startedAt = performance.now()
  const counts: Record<string, number> = Object.fromEntries(faults.map((fault) => [fault, 0]))
  const timeline: string[] = []
  const acknowledged = new Map<string, Message>()
  const note = (text: string) =>
    void timeline.push(
      `${Math.round(performance.now() - startedAt)
        .toString()
        .padStart(8)} ms  ${text}`
    )
  const violate = (what: string) => {
    note(`BROKEN: ${what}`)
    record.broken ??= what
  }
  const facts = openFacts(violate)
  const record = {
    counts,
    timeline,
    acknowledged,
    facts,
    /** What was asked beside the messages of writers, to be judged when all is known. */
    asks: [] as Ask[],
    connections: [] as Connection[],
    broken: null as string | null,
    /** The end of the storm: no more faults and no new messages, what is under way is finished. */
    calm: false,
    /** Answers of every kind that were held against Parley. */
    answers: 0,
    note,
    violate,
    inject(fault: string, detail = ''): void {
      if (counts[fault] === undefined) throw new Error(`${fault} is none of this storm's faults`)
      counts[fault]++
      note(`${fault} ${detail}`)
    },
    connect(userId: string): Connection {
      const connection = { userId, openedAt: Date.now(), shown: new Map<string, number>() }
      record.connections.push(connection)
      return connection
    },
    /** A key has one message for ever, whichever retry is answered. */
    acknowledge(clientId: string, message: Message): void {
      facts.acknowledge(message, `key ${clientId}`)
      const first = acknowledged.get(clientId)
      if (first && (first.id !== message.id || first.position !== message.position)) {
        record.violate(`key ${clientId} has two messages: ${first.id} and ${message.id}`)
      }
      acknowledged.set(clientId, first ?? message)
    }
  }
  return record
}
