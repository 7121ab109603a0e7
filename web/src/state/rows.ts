import type { OutboxItem } from '@parley/client'
import type { Message } from '@parley/contract/entities'
import { shownMessages } from './histories.ts'
import type { History, State } from './model.ts'

/** A message on the screen, sent or on its way, and what stands around it. */
export type Row = {
  /** Stays the same when a pending message becomes a sent one. */
  readonly key: string
  readonly content: string
  /** RFC 3339. */
  readonly at: string
  readonly mine: boolean
  readonly message: Message | null
  readonly pending: OutboxItem | null
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

type Line = Pick<Row, 'key' | 'content' | 'at' | 'mine' | 'message' | 'pending'> & { author: string }

/**
 * What a conversation shows, oldest first: its messages by position, then what is on its way. A message that is sent
 * but still in the outbox shows once. `unreadFrom` is the position where the mark for unread stands, or null.
 */
export function rowsOf(
  history: History,
  outbox: readonly OutboxItem[],
  { me, conversationId, unreadFrom }: { me: State['me']; conversationId: string; unreadFrom: number | null }
): Row[] {
  const messages = shownMessages(history)
  const sent = new Set(messages.map(({ clientId }) => clientId))
  const lines: Line[] = messages.map((message) => ({
    key: message.clientId ?? message.id,
    content: message.content,
    at: message.createdAt,
    mine: message.mine,
    author: message.sender.id,
    message,
    pending: null
  }))
  for (const pending of outbox) {
    if (pending.conversationId !== conversationId || sent.has(pending.clientId)) continue
    const { clientId: key, content, queuedAt: at } = pending
    lines.push({ key, content, at, mine: true, author: me.id, message: null, pending })
  }
  const whole = (messages[0]?.position ?? 1) === 1
  return lines.map(({ author, ...line }, index) => {
    const above = lines[index - 1]
    const below = lines[index + 1]
    return {
      ...line,
      // Above the first of a page it is not known yet.
      startsDay: above ? !sameDay(above.at, line.at) : whole,
      startsUnread: unreadFrom !== null && line.message?.position === unreadFrom,
      continues: above !== undefined && follows(above, { author, ...line }),
      continued: below !== undefined && follows({ author, ...line }, below)
    }
  })
}

function follows(above: Line, line: Line): boolean {
  return (
    above.author === line.author &&
    sameDay(above.at, line.at) &&
    Date.parse(line.at) - Date.parse(above.at) < groupGapMs
  )
}

function sameDay(a: string, b: string): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}
