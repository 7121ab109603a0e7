import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '@parley/contract/messages'
import type { StormRequest } from './storm-requests.ts'
import { openFacts } from './storm-facts.ts'

export type Random = () => number

/** mulberry32: pseudorandom numbers in [0, 1) determined by the seed. */
function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Returns an independent generator per actor, so that its decisions do not depend on scheduling. */
export function randomOf(seed: number, name: string): Random {
  return seededRandom(Number.parseInt(hash('sha1', `${seed} ${name}`).slice(0, 8), 16))
}

/** Pauses belong to the injected schedule: the seed determines their lengths. */
export function pause(ms: number): Promise<void> {
  return delay(ms)
}

/** Returns whether faults are still being injected. */
export function isInjecting({ calm, broken }: StormRecord): boolean {
  return !calm && broken === null
}

export async function pauseWhileInjecting(record: StormRecord, ms: number): Promise<void> {
  const endsAt = performance.now() + ms
  while (isInjecting(record) && performance.now() < endsAt) await pause(Math.min(100, ms))
}

/** Faults injected by readers, writers and pairs of newcomers. */
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
  'old key retried',
  'conversation started by both at once'
]

/** A stream of a user: when it opened, and when it first showed each conversation (ms). */
export type Connection = {
  readonly userId: string
  readonly openedAt: number
  readonly firstShownAt: Map<string, number>
}

/** The injected faults with their times, and the first violated invariant. */
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
    /** Acts besides the writers' sends, judged at the end. */
    requests: [] as StormRequest[],
    connections: [] as Connection[],
    broken: null as string | null,
    /** The end of the storm: no more faults and no new messages; pending work completes. */
    calm: false,
    /** Number of responses checked. */
    answers: 0,
    note,
    violate,
    inject(fault: string, detail = ''): void {
      if (counts[fault] === undefined) throw new Error(`${fault} is not a fault of this storm`)
      counts[fault]++
      note(`${fault} ${detail}`)
    },
    connect(userId: string): Connection {
      const connection = { userId, openedAt: Date.now(), firstShownAt: new Map<string, number>() }
      record.connections.push(connection)
      return connection
    },
    /** Records the message of a key. A key has one message for ever, whichever retry is answered. */
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
