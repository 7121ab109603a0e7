import { isSend, type ChangeItem, type SendItem } from '@parley/client'
import type { Message, Quote } from '@parley/contract/messages'
import type { Participant } from '@parley/contract/participants'
import type { User } from '@parley/contract/people'
import { beginsHere, shownMessages } from './histories.ts'
import type { History, State } from './state.ts'
import { pendingChanges, withChanges } from './pending-changes.ts'
import { readersOf } from './receipts.ts'

/** A message on the screen, sent or on its way, and what stands around it. */
export type Row = {
  /** Stays the same when a pending message becomes a sent one. */
  readonly key: string
  readonly content: string
  /** RFC 3339. */
  readonly at: string
  readonly mine: boolean
  readonly sender: User
  readonly message: Message | null
  /** Its send, while the server has not acknowledged it. */
  readonly pending: SendItem | null
  /** Whether an edit or a deletion of it waits for the server. */
  readonly changing: boolean
  readonly replyTo: Quote | null
  readonly forwardedFrom: User | null
  /** Who has read this message of mine, and no later one. */
  readonly readers: readonly User[]
  /** Whether a day begins here. */
  readonly startsDay: boolean
  /** Whether what is unread begins here. */
  readonly startsUnread: boolean
  /** Whether it follows on the one above, by the same person, soon after. */
  readonly continues: boolean
  /** Whether the one below follows on it. */
  readonly continued: boolean
}

const groupGapMs = 5 * 60_000
const noReaders: readonly User[] = []

type Line = Omit<Row, 'startsDay' | 'startsUnread' | 'continues' | 'continued'>

/** Where rows are shown. `unreadFrom` is the position where the mark for unread stands, or null. */
export type Place = {
  me: State['me']
  conversationId: string
  unreadFrom: number | null
  participants?: readonly Participant[] | undefined
}

/**
 * What a conversation shows, oldest first: its messages by position, as pending changes leave them, then what is on its
 * way. A message that is sent but still in the outbox shows once.
 */
export function rowsOf(
  history: History,
  waiting: Pick<State, 'outbox' | 'acknowledged'>,
  place: Place
): Row[] {
  const { me, conversationId, unreadFrom, participants = [] } = place
  const changes = pendingChanges(waiting)
  const messages = shownMessages(history)
  const sent = new Set(messages.map(({ clientId }) => clientId))
  const readers = readersOf(history.messages, participants, me)
  const lines = messages.map((message): Line => {
    const own = changes.size === 0 ? [] : changesOf(message, changes)
    const readBy = readers.get(message.id) ?? noReaders
    return sentLine(withChanges(message, own, me), readBy, own.some(isText))
  })
  const gone = new Set(messages.flatMap(({ id, deletedAt }) => (deletedAt ? id : [])))
  for (const item of waiting.outbox) {
    if (!isSend(item) || item.conversationId !== conversationId || sent.has(item.clientId)) continue
    const own = changes.get(item.clientId) ?? []
    // It was posted before it was deleted, so the server has to delete it, too.
    if (own.some(({ kind }) => kind === 'delete')) continue
    lines.push(pendingLine(item, own, gone, me))
  }
  const whole = beginsHere(history)
  return lines.map((line, index) => {
    const above = lines[index - 1]
    const below = lines[index + 1]
    return {
      ...line,
      // Above the first of a page it is not known yet.
      startsDay: above ? !sameDay(above.at, line.at) : whole,
      startsUnread: unreadFrom !== null && line.message?.position === unreadFrom,
      continues: above !== undefined && follows(above, line),
      continued: below !== undefined && follows(line, below)
    }
  })
}

function sentLine(message: Message, readers: readonly User[], changing: boolean): Line {
  return {
    key: message.clientId ?? message.id,
    content: message.content,
    at: message.createdAt,
    mine: message.mine,
    sender: message.sender,
    message,
    pending: null,
    changing,
    replyTo: message.replyTo ?? null,
    forwardedFrom: message.forwardedFrom ?? null,
    readers
  }
}

/** Changes that were queued while the message was pending name its `clientId`. */
function changesOf(
  { id, clientId }: Message,
  changes: ReadonlyMap<string, readonly ChangeItem[]>
): readonly ChangeItem[] {
  return [...(changes.get(id) ?? []), ...(changes.get(clientId ?? '') ?? [])]
}

function isText({ kind }: ChangeItem): boolean {
  return kind === 'edit' || kind === 'delete'
}

/** The row of a pending message, without the quote of a deleted message, which the server would refuse. */
function pendingLine(
  pending: SendItem,
  changes: readonly ChangeItem[],
  gone: ReadonlySet<string>,
  me: User
): Line {
  const edit = changes.findLast((change) => change.kind === 'edit')
  return {
    key: pending.clientId,
    content: edit?.content ?? pending.content,
    at: pending.queuedAt,
    mine: true,
    sender: me,
    message: null,
    pending,
    changing: changes.some(isText),
    replyTo: pending.replyTo && !gone.has(pending.replyTo.id) ? pending.replyTo : null,
    forwardedFrom: pending.forwardOf?.sender ?? null,
    readers: noReaders
  }
}

function follows(above: Line, line: Line): boolean {
  return (
    above.sender.id === line.sender.id &&
    !above.message?.change &&
    !line.message?.change &&
    sameDay(above.at, line.at) &&
    Date.parse(line.at) - Date.parse(above.at) < groupGapMs
  )
}

function sameDay(a: string, b: string): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}
