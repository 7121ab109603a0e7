import { hash } from 'node:crypto'
import { parseCursor } from '@parley/contract/cursor'
import type { Conversation, Message } from '@parley/contract/entities'
import type { LogEvents } from '@parley/contract/events'
import { pageSize } from '@parley/contract/limits'
import type { StreamEvent } from '../harness/stream.ts'
import type { StormRecord } from './storm-record.ts'

/** A conversation as the events up to `seq` say it is. */
type State = { seq: number; lastId: string | null; lastPosition: number; readUpTo: number }

/** One person's log as her first reader saw it; every other reader of hers must see the same at each seq. */
export type PersonLog = ReturnType<typeof openPersonLog>

/** The log of `person` after the cursor `start`; `known` are the conversations she was in then, all empty. */
export function openPersonLog(
  record: StormRecord,
  person: { id: string; name: string },
  start: string,
  known: readonly string[]
) {
  const origin = parseCursor(start)!
  const digests: string[] = []
  const nothing: State = { seq: origin.seq, lastId: null, lastPosition: 0, readUpTo: 0 }
  /** Each conversation's states, oldest first. */
  const histories = new Map<string, State[]>(known.map((id) => [id, [nothing]]))
  const delivered = new Set<string>()
  let waiting: { seq: number; check: () => void }[] = []
  let compared = 0

  function follow(seq: number, event: StreamEvent): void {
    if (event.name === 'conversation_created') {
      const { id } = event.data as Conversation
      if (histories.has(id)) record.violate(`${person.name} heard twice that conversation ${id} was created`)
      histories.set(id, [{ ...nothing, seq }])
      return
    }
    const { conversationId } = event.data as { conversationId?: string }
    const history = histories.get(conversationId ?? '')
    if (!history) {
      record.violate(`${person.name} got an event that nobody caused: ${JSON.stringify(event)}`)
      return
    }
    const state = history.at(-1)!
    if (event.name === 'message' || event.name === 'message_sent') {
      history.push(followMessage(seq, state, event.data as Message, event.name))
    } else if (event.name === 'read') {
      const { userId, position, upTo } = event.data as LogEvents['read']
      record.place(conversationId!, position, upTo, `${person.name}'s mark`)
      if (userId === person.id) history.push({ ...state, seq, readUpTo: Math.max(state.readUpTo, position) })
    } else record.violate(`${person.name} got an event that nobody caused: ${JSON.stringify(event)}`)
  }

  function followMessage(seq: number, state: State, message: Message, name: string): State {
    const { id, position, conversationId } = message
    if (delivered.has(id)) record.violate(`${person.name} got message ${id} twice`)
    if (position !== state.lastPosition + 1) {
      record.violate(`${person.name} got position ${position} after ${state.lastPosition}`)
    }
    delivered.add(id)
    record.place(conversationId, position, id, person.name)
    return {
      seq,
      lastId: id,
      lastPosition: position,
      readUpTo: name === 'message_sent' ? position : state.readUpTo
    }
  }

  const head = () => origin.seq + digests.length
  const stateAt = (id: string, seq: number) => histories.get(id)?.findLast((state) => state.seq <= seq)

  /** Does `check` once the events have come as far as the snapshot. */
  function whenReached(cursor: string | null, check: (seq: number) => void): void {
    const at = parseCursor(cursor ?? '')
    if (at?.epoch !== origin.epoch) record.violate(`a snapshot of ${person.name} is of the cursor ${cursor}`)
    else if (at.seq <= head()) check(at.seq)
    else waiting.push({ seq: at.seq, check: () => check(at.seq) })
  }
  function expectSame(seq: number, what: string, expected: string, found: string): void {
    compared++
    if (expected === found) return
    record.violate(`${person.name} at ${seq}, ${what}: the events say ${expected}; GET says ${found}`)
  }

  return {
    person,
    origin,
    delivered,
    /** Conversations that she is in, as far as she has heard. */
    conversations: histories as ReadonlyMap<string, unknown>,
    get head() {
      return head()
    },
    /** Snapshots that were compared with what the events said. */
    get compared() {
      return compared
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
      follow(seq, event)
      const reached = waiting.filter((each) => each.seq <= head())
      waiting = waiting.filter((each) => each.seq > head())
      for (const { check } of reached) check()
    },
    refetchedConversation(cursor: string | null, conversation: Conversation): void {
      whenReached(cursor, (seq) =>
        expectSame(
          seq,
          `conversation ${conversation.id}`,
          shown(stateAt(conversation.id, seq)),
          shownBy(conversation)
        )
      )
    },
    /** The newest page of the list. */
    refetchedList(cursor: string | null, list: Conversation[]): void {
      whenReached(cursor, (seq) => {
        const states = [...histories.keys()].map((id) => stateAt(id, seq)).filter((state) => state?.lastId)
        const newestFirst = states
          .toSorted((a, b) => Number(b!.lastId) - Number(a!.lastId))
          .slice(0, pageSize)
        expectSame(seq, 'the list', newestFirst.map(shown).join('; '), list.map(shownBy).join('; '))
      })
    },
    /** The newest page of a conversation's messages. */
    refetchedMessages(cursor: string | null, conversationId: string, page: Message[]): void {
      for (const { id, position } of page) record.place(conversationId, position, id, `${person.name}'s page`)
      whenReached(cursor, (seq) => {
        const newest = stateAt(conversationId, seq)?.lastPosition ?? 0
        const expected = Array.from({ length: Math.min(newest, pageSize) }, (_, i) => newest - i)
        const found = page.map(({ position }) => position)
        expectSame(seq, `a page of ${conversationId}`, expected.join(), found.join())
      })
    }
  }
}

function shown(state: State | undefined): string {
  if (!state) return 'no such conversation'
  const { lastId, lastPosition, readUpTo } = state
  return `last message ${lastId}, read up to ${readUpTo}, unread ${lastPosition - readUpTo}`
}

function shownBy({ lastMessage, readUpTo, unreadCount }: Conversation): string {
  return `last message ${lastMessage?.id ?? null}, read up to ${readUpTo}, unread ${unreadCount}`
}
