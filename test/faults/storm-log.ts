import { isDeepStrictEqual } from 'node:util'
import { parseCursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { LogEvent } from '@parley/contract/events'
import { pageSize } from '@parley/contract/limits'
import { ObservedState } from '../harness/observed-state.ts'
import { trackWithheldEvents } from './storm-withheld-events.ts'
import type { Connection, StormRecord } from './storm-record.ts'

/** Messages per conversation that a reader keeps. */
export const keptMessages = 2 * pageSize

/** A conversation's list entry from `seq` on, as derived from events. */
type Outline = { seq: number; text: string }

/**
 * One person's log as first observed. Every other reader of that person must receive the same event at each
 * seq.
 */
export type PersonLog = ReturnType<typeof openPersonLog>

/** A reader's observed state and position. */
export type Bookmark = { seq: number; observed: ObservedState }

/** Opens the log of `person` from its beginning. */
export function openPersonLog(record: StormRecord, person: { id: string; name: string }, epoch: string) {
  const observed = new ObservedState(person.id, keptMessages)
  /** By seq - 1; null if every reader so far received `gone`. */
  const identities: (string | null)[] = []
  const outlines = new Map<string, Outline[]>()
  const delivered = new Set<string>()
  const withheld = trackWithheldEvents()
  const hidden: { seq: number; identity: string; reader: string }[] = []
  let waiting: { seq: number; check: () => void }[] = []
  let compared = 0

  const head = () => identities.length
  const outlineAt = (id: string, seq: number) => outlines.get(id)?.findLast((each) => each.seq <= seq)

  /** Handles the first observation of the event at `seq` by any reader. */
  function follow(seq: number, event: LogEvent): void {
    if (event.name === 'gone') return withheld.add(seq)
    const id = conversationOf(event)
    const before = observed.conversations.get(id)
    const isWhole = !withheld.since(outlineAt(id, seq)?.seq ?? 0, seq)
    if (event.name === 'conversation_created') {
      if (before) record.violate(`${person.name} received two creations of conversation ${id}`)
    } else if (!before && isWhole) {
      record.violate(
        `${person.name} received an event of a conversation that is not theirs: ${JSON.stringify(event)}`
      )
    }
    if (isNewMessage(event)) {
      const { position } = event.data
      const last = before?.conversation.lastMessage?.position ?? 0
      if (delivered.has(event.data.id)) record.violate(`${person.name} got message ${event.data.id} twice`)
      if (before && isWhole && position !== last + 1) {
        record.violate(`${person.name} got position ${position} of conversation ${id} after ${last}`)
      }
      delivered.add(event.data.id)
    }
    if (isOwnRemoval(event, person.id)) withheld.addRemoval(id, seq)
    observed.apply(event)
    const text = summaryOf(observed.conversations.get(id)?.conversation)
    const history = outlines.get(id) ?? []
    outlines.set(id, history)
    if (history.at(-1)?.text !== text) history.push({ seq, text })
  }

  /** Checks a message against the facts and against what this connection may show. */
  function observe({ name, data }: LogEvent, reader: string, connection: Connection): void {
    if (name === 'gone') return
    const id = conversationOf({ name, data } as LogEvent)
    const isMine = isOwnRemoval({ name, data } as LogEvent, person.id)
    if (!isMine && !connection.firstShownAt.has(id)) connection.firstShownAt.set(id, Date.now())
    const message =
      name === 'conversation_created'
        ? data.lastMessage
        : 'position' in data && 'content' in data
          ? data
          : null
    if (name === 'read') record.facts.place(id, data.position, data.upTo, `${reader}'s mark`)
    if (!message) return
    record.facts.see(message, reader)
    const least = record.facts.versionBy(message.id, connection.openedAt)
    // A creation event shows the message at that time, and a removed member's last system message has no
    // versions.
    if ((message.version ?? 1) < least) {
      record.violate(
        `${reader} received version ${message.version ?? 1} of ${message.id}, after ${least} was acknowledged`
      )
    }
  }

  /** Runs `check` once the events have reached the snapshot's cursor. */
  function whenReached(cursor: string | null, check: (seq: number) => void): void {
    const at = parseCursor(cursor ?? '')
    if (at?.epoch !== epoch) record.violate(`a snapshot of ${person.name} has the cursor ${cursor}`)
    else if (at.seq <= head()) check(at.seq)
    else waiting.push({ seq: at.seq, check: () => check(at.seq) })
  }
  function expectSame(
    seq: number,
    what: string,
    ids: string[],
    expected: () => unknown,
    found: unknown
  ): void {
    const wanted = expected()
    compared++
    if (isDeepStrictEqual(wanted, found)) return
    const [says, gets] = [wanted, found].map((each) => JSON.stringify(each))
    const complaint = `${person.name} at ${seq}, ${what}: the events give ${says}; GET returns ${gets}`
    // A late reader did not see what had been withdrawn by then; the calm shows whether it was.
    const since = (id: string) => outlineAt(id, seq)?.seq ?? 0
    if (ids.some((id) => withheld.since(since(id), seq)))
      withheld.defer(
        ids.map((id) => ({ id, since: since(id) })),
        seq,
        complaint
      )
    else record.violate(complaint)
  }

  return {
    person,
    epoch,
    delivered: delivered as ReadonlySet<string>,
    /** State observed by the first reader of each event. */
    observed,
    identities: identities as readonly (string | null)[],
    get head() {
      return head()
    },
    /** Number of snapshots compared with the events. */
    get compared() {
      return compared
    },
    /** A bookmark at which a device that is up to date would resume later. */
    bookmark(): Bookmark {
      return { seq: head(), observed: observed.copy() }
    },
    /** Records what a reader received at `seq`. Readers check themselves that their seqs are contiguous. */
    take(seq: number, event: LogEvent, reader: string, connection: Connection): void {
      observe(event, reader, connection)
      const identity = event.name === 'gone' ? null : identityOf(event)
      if (seq > head()) {
        identities.push(identity)
        follow(seq, event)
        const reached = waiting.filter((each) => each.seq <= head())
        waiting = waiting.filter((each) => each.seq > head())
        for (const { check } of reached) check()
        return
      }
      const known = identities[seq - 1]!
      if (known === identity) return
      if (known !== null && identity !== null) {
        record.violate(`${reader} got ${identity} at ${seq}, others got ${known}`)
      }
      hidden.push({ seq, identity: known ?? identity, reader })
      identities[seq - 1] ??= identity
    },
    refetchedConversation(cursor: string | null, conversation: Conversation): void {
      const { id } = conversation
      whenReached(cursor, (seq) =>
        expectSame(seq, `conversation ${id}`, [id], () => outlineAt(id, seq)?.text, summaryOf(conversation))
      )
    },
    /** Compares the first page of the conversation list. */
    refetchedList(cursor: string | null, list: Conversation[]): void {
      whenReached(cursor, (seq) => {
        const ids = [...new Set([...outlines.keys(), ...list.map(({ id }) => id)])]
        const newestFirst = () =>
          ids
            .map((id) => outlineAt(id, seq)?.text ?? notThere)
            .map((text) => ({ text, last: Number(/"lastId":"(\d+)"/.exec(text)?.[1] ?? 0) }))
            .filter(({ last }) => last > 0)
            .toSorted((a, b) => b.last - a.last)
            .map(({ text }) => text)
            .slice(0, pageSize)
        expectSame(seq, 'the list', ids, newestFirst, list.map(summaryOf))
      })
    },
    /** Compares the newest page of a conversation's messages. */
    refetchedMessages(cursor: string | null, conversationId: string, page: Message[]): void {
      for (const message of page) record.facts.see(message, `${person.name}'s page`)
      const newest = page[0]?.position ?? 0
      const positions = page.map(({ position }) => position)
      const inOrder = page.map((_, i) => newest - i)
      if (!isDeepStrictEqual(positions, inOrder)) {
        record.violate(`${person.name}'s page of ${conversationId} is ${positions.join()}`)
      }
      whenReached(cursor, (seq) => {
        const expected = () => lastOf(outlineAt(conversationId, seq)?.text)
        expectSame(seq, `a page of ${conversationId}`, [conversationId], expected, newest)
      })
    },
    /** In the calm: reports events withheld without a reason, and differences that no withdrawal explains. */
    settle(isDeleted: (messageId: string) => boolean): void {
      for (const complaint of withheld.unexplained()) record.violate(complaint)
      for (const { seq, identity, reader } of hidden) {
        const { name, conversationId, messageId } = readIdentity(identity)
        const taken = withheld.removedAfter(conversationId, seq)
        if (taken || (name.startsWith('reaction_') && isDeleted(messageId!))) continue
        record.violate(`${reader} received gone for ${identity} at ${seq}, which was never withdrawn`)
      }
    }
  }
}

const notThere = 'no such conversation'

function summaryOf(conversation: Conversation | undefined): string {
  if (!conversation) return notThere
  const { id, title, role, participantCount, readUpTo, unreadCount, lastMessage } = conversation
  const [lastId, last] = [lastMessage?.id ?? null, lastMessage?.position ?? 0]
  return JSON.stringify({ id, title, role, participantCount, readUpTo, unreadCount, lastId, last })
}

function lastOf(text: string = notThere): number {
  return text === notThere ? 0 : (JSON.parse(text) as { last: number }).last
}

function conversationOf({ name, data }: LogEvent): string {
  if (name === 'gone' || name === 'personal_state_changed') return ''
  return name === 'conversation_created' ? data.id : data.conversationId
}

const newMessages = new Set<string>([
  'message',
  'message_sent',
  'participant_added',
  'participant_removed',
  'role_changed',
  'conversation_renamed'
])

function isNewMessage(event: LogEvent): event is LogEvent & { data: Message } {
  return newMessages.has(event.name)
}

function isOwnRemoval({ name, data }: LogEvent, me: string): boolean {
  return name === 'participant_removed' && data.change?.user?.id === me
}

/** Returns the part of an event that is the same in every replay; its message may show a newer version. */
function identityOf({ name, data }: LogEvent): string {
  switch (name) {
    case 'conversation_created':
      return JSON.stringify([name, data.id, null, data])
    case 'reaction_added':
    case 'reaction_removed':
      return JSON.stringify([name, data.conversationId, data.messageId, data.userId, data.emoji])
    case 'read':
      return JSON.stringify([name, data.conversationId, data.upTo, data.userId, data.position])
    case 'personal_state_changed':
      return JSON.stringify([name, '', null, data.kind, data.key, data.version])
    case 'gone':
      return JSON.stringify([name, '', null])
    default:
      return JSON.stringify([name, data.conversationId, data.id, data.position])
  }
}

export function readIdentity(identity: string): {
  name: string
  conversationId: string
  messageId: string | null
} {
  const [name, conversationId, messageId] = JSON.parse(identity) as [string, string, string | null]
  return { name, conversationId, messageId }
}
