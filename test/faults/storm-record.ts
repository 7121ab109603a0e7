import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseCursor } from '@parley/contract/cursor'
import type { Conversation, Message } from '@parley/contract/entities'
import type { LogEvents } from '@parley/contract/events'
import type { StreamEvent } from '../harness/stream.ts'

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

/** The pauses are part of the injected schedule: the seed decides how long each is. */
export function pause(ms: number): Promise<void> {
  return delay(ms)
}

const faults = [
  'server killed (SIGKILL)',
  'server drained (SIGTERM)',
  'stream cut',
  'stream torn inside a chunk',
  'reader away',
  'reader slow',
  'reader stalled',
  'reader from an older cursor',
  'answer thrown away',
  'key sent twice at once',
  'old key sent again'
] as const
export type Fault = (typeof faults)[number]

/** What a storm injected, when, and the first invariant that broke. */
export type StormRecord = ReturnType<typeof startRecord>

export function startRecord() {
  const startedAt = performance.now()
  const counts = Object.fromEntries(faults.map((fault) => [fault, 0])) as Record<Fault, number>
  const timeline: string[] = []
  const acknowledged = new Map<string, Message>()
  const order: string[] = []
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
    note,
    inject(fault: Fault, detail = ''): void {
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
    /** All readers of the conversation, whoever they are, see one message at one position. */
    place({ id, position }: Message, who: string): void {
      order[position] ??= id
      if (order[position] !== id) {
        record.violate(
          `${who} has message ${id} at position ${position}, where others have ${order[position]}`
        )
      }
    }
  }
  return record
}

type State = { lastId: string | null; lastPosition: number; readUpTo: number }

/** One person's log as her first reader saw it; every other reader of hers must see the same at each seq. */
export type PersonLog = ReturnType<typeof openPersonLog>

export function openPersonLog(record: StormRecord, person: { id: string; name: string }, start: string) {
  const origin = parseCursor(start)!
  const digests: string[] = []
  const states: State[] = [{ lastId: null, lastPosition: 0, readUpTo: 0 }]
  const delivered = new Set<string>()
  let snapshots: { seq: number; conversation: Conversation }[] = []

  function follow(state: State, { name, data }: StreamEvent): State {
    if (name === 'message' || name === 'message_sent') {
      const { id, position } = data as Message
      if (delivered.has(id)) record.violate(`${person.name} got message ${id} twice`)
      if (position !== state.lastPosition + 1) {
        record.violate(`${person.name} got position ${position} after ${state.lastPosition}`)
      }
      delivered.add(id)
      record.place(data as Message, person.name)
      return {
        lastId: id,
        lastPosition: position,
        readUpTo: name === 'message_sent' ? position : state.readUpTo
      }
    }
    if (name === 'read') {
      const { userId, position } = data as LogEvents['read']
      return userId === person.id ? { ...state, readUpTo: Math.max(state.readUpTo, position) } : state
    }
    record.violate(`${person.name} got an event that nobody caused: ${name} ${JSON.stringify(data)}`)
    return state
  }

  return {
    person,
    origin,
    delivered,
    get head() {
      return origin.seq + digests.length
    },
    /** Takes what a reader got at `seq`; readers see to it themselves that their own seqs are contiguous. */
    take(seq: number, event: StreamEvent, reader: string): void {
      const index = seq - origin.seq - 1
      const digest = hash('sha1', `${event.name} ${JSON.stringify(event.data)}`, 'base64')
      if (index < digests.length) {
        if (digests[index] !== digest) record.violate(`${reader} got another event ${seq} than others did`)
        return
      }
      digests.push(digest)
      states.push(follow(states.at(-1)!, event))
    },
    /** A snapshot that was fetched, to be compared when the events have come as far. */
    refetched(cursor: string, conversation: Conversation): void {
      const at = parseCursor(cursor)
      if (at?.epoch !== origin.epoch)
        record.violate(`a snapshot of ${person.name} is of the cursor ${cursor}`)
      else snapshots.push({ seq: at.seq, conversation })
    },
    /** Compares the snapshots that the events have reached with the state that the events gave; says how many. */
    compare(): number {
      const reached = snapshots.filter(({ seq }) => seq - origin.seq < states.length)
      snapshots = snapshots.filter(({ seq }) => seq - origin.seq >= states.length)
      for (const { seq, conversation } of reached) {
        const { lastId, lastPosition, readUpTo } = states[seq - origin.seq]!
        const { lastMessage, unreadCount } = conversation
        const expected = `last message ${lastId}, read up to ${readUpTo}, unread ${lastPosition - readUpTo}`
        const found = `last message ${lastMessage?.id ?? null}, read up to ${conversation.readUpTo}, unread ${unreadCount}`
        if (expected !== found) {
          record.violate(`${person.name} at ${seq}: the events say ${expected}; GET says ${found}`)
        }
      }
      return reached.length
    }
  }
}
