import type { DatabaseSync } from 'node:sqlite'
import type { User } from '@parley/contract/people'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { committedOf, planSend, sentColumns, updatedColumns, type Append } from './append.ts'
import { firstAnswer, type Send, type SendOutcome } from './procedures.ts'
import { userOf, type UserColumns } from '../people/rows.ts'
import { messageColumns, type MessageColumns } from './rows.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { insertInto, prepareRows } from '../platform/storage/sqlite/row-statements.ts'
import type { RecentRows } from '../platform/storage/sqlite/recent-rows.ts'

type FoundKey = { message_id: number; payload_hash: string }

/** Approximate events per batch. A batch for large groups stops there and continues after other writes. */
const eventsMax = 20_000

/** The tables whose rows are cached between batches. */
export const cachedTables: ReadonlySet<keyof Schema> = new Set([
  'conversations',
  'inbox_heads',
  'messages',
  'participants',
  'users'
])

/** Approximate maximum of cached conversations and users. */
const knownMax = { conversations: 5_000, people: 20_000 }

/**
 * Runs batches of sends on a connection, inside the transaction that is open: decides each send, and writes what
 * `planSend` says.
 *
 * Prepared statements by hand and not Kysely: this is the one path that 20,000 messages a second go through. For the same
 * reason it caches rows between batches, this being the only connection that writes them: call `forget` when a row of
 * `cachedTables` was written otherwise, or a batch was rolled back.
 */
export function prepareSendBatch(database: DatabaseSync, recent: RecentRows) {
  const findRecentKey = database.prepare(
    'SELECT message_id, payload_hash FROM recent_sends WHERE message_id = ? AND sender_id = ? AND key = ?'
  )
  const findOlderKey = database.prepare(
    'SELECT message_id, payload_hash FROM older_sends WHERE sender_id = ? AND key = ?'
  )
  const findMessage = database.prepare(`
    SELECT ${messageColumns.join(', ')}
    FROM messages JOIN users ON users.id = messages.sender_id WHERE messages.id = ?`)
  const findSender = database.prepare(
    'SELECT id AS user_id, username, avatar_url, disabled_at FROM users WHERE id = ?'
  )
  const findParticipants = database.prepare(
    'SELECT user_id FROM participants WHERE conversation_id = ? ORDER BY user_id'
  )
  const findNewestId = database.prepare('SELECT COALESCE(MAX(id), 0) AS id FROM messages')
  const insertKey = prepareRows(database, insertInto('recent_sends', sentColumns.sends), sentColumns.sends)
  // Read, then write: there is no other writer, and RETURNING takes twice as long.
  const findPosition = database.prepare('SELECT last_position FROM conversations WHERE id = ?')
  const setNewest = prepareRows(
    database,
    `UPDATE conversations SET ${assignments(updatedColumns.conversations)} WHERE id = ?`,
    [...Object.values(updatedColumns.conversations), 'conversation_id']
  )
  const insertMessage = prepareRows(
    database,
    insertInto('messages', sentColumns.messages),
    sentColumns.messages
  )
  const insertMention = prepareRows(
    database,
    insertInto('mentions', sentColumns.mentions),
    sentColumns.mentions
  )
  const markRead = prepareRows(
    database,
    `UPDATE participants SET ${assignments(updatedColumns.participants)} WHERE conversation_id = ? AND user_id = ?`,
    [...Object.values(updatedColumns.participants), 'conversation_id', 'sender_id']
  )
  // One by one: for two people a statement for all of a conversation costs half as much again.
  const findHead = database.prepare('SELECT head FROM inbox_heads WHERE user_id = ?')
  const setHead = database.prepare('UPDATE inbox_heads SET head = ? WHERE user_id = ?')
  const logColumns = ['user_id', 'seq']
  const insertEvent = prepareRows(
    database,
    insertInto('recent_events', [...sentColumns.events, ...logColumns], { kind: "'message'" }),
    sentColumns.events,
    logColumns
  )
  for (const each of [findNewestId, findPosition, findHead, findParticipants]) each.setReturnArrays(true)

  function findKey({ senderId, key }: Send): FoundKey | undefined {
    const recentId = recent.messageIdOf(senderId, key)
    const found = recentId === undefined ? undefined : findRecentKey.get(recentId, senderId, key)
    return (found ?? findOlderKey.get(senderId, key)) as FoundKey | undefined
  }

  function findSent(send: Send): SendOutcome | null {
    const found = findKey(send)
    if (!found) return null
    return firstAnswer(send, found.payload_hash, () => findMessage.get(found.message_id) as MessageColumns)
  }

  const participantsOf = new Map<number, number[]>()
  /** Null of those whose account is disabled. */
  const senders = new Map<number, User | null>()
  const positions = new Map<number, number>()
  const heads = new Map<number, number>()

  /** 0 while it is not known. */
  let newestId = 0

  function forget(): void {
    newestId = 0
    for (const each of [participantsOf, senders, positions, heads]) each.clear()
  }

  /** Drops the heads that these events moved. */
  function forgetHeads(events: readonly CommittedEvent[]): void {
    for (const { to } of events) for (const { userId } of to) heads.delete(userId)
  }

  function write({ message, key, mentions }: Append): void {
    insertKey(key)
    recent.remember(key.sender_id, key.key, key.message_id)
    setNewest(message)
    insertMessage(message)
    markRead(message)
    for (const each of mentions) insertMention(each)
  }

  /** Adds the event to the log of each participant; returns its places. */
  function appendEvents({ event, participants }: Append): CommittedEvent['to'] {
    return participants.map((userId) => {
      const seq = remember(heads, userId, () => valueOf(findHead.get(userId))) + 1
      heads.set(userId, seq)
      setHead.run(seq, userId)
      insertEvent(event, userId, seq)
      return { userId, seq }
    })
  }

  function sendBatch(sends: Send[]): { outcomes: SendOutcome[]; committed: CommittedEvent[] } {
    let events = 0
    const committed: CommittedEvent[] = []
    newestId ||= valueOf(findNewestId.get())
    if (participantsOf.size > knownMax.conversations || heads.size > knownMax.people) forget()

    function send(input: Send): SendOutcome {
      const { conversationId, senderId } = input
      const participants = remember(participantsOf, conversationId, () =>
        findParticipants.all(conversationId).map(valueOf)
      )
      const sent = findSent(input)
      if (sent) return sent
      if (!participants.includes(senderId)) return { refused: 'conversation_not_found' }
      const sender = remember(senders, senderId, () => {
        const row = findSender.get(senderId) as UserColumns & { disabled_at: number | null }
        return row.disabled_at === null ? userOf(row) : null
      })
      if (!sender) return { refused: 'account_disabled' }
      const position =
        remember(positions, conversationId, () => valueOf(findPosition.get(conversationId))) + 1
      positions.set(conversationId, position)
      const append = planSend(input, { id: ++newestId, position, sender, participants })
      write(append)
      committed.push(...committedOf(append, appendEvents(append)))
      events += participants.length
      return { message: append.mine }
    }

    const outcomes: SendOutcome[] = []
    for (const each of sends) {
      if (events >= eventsMax) break
      outcomes.push(send(each))
    }
    return { outcomes, committed }
  }

  return { sendBatch, forget, forgetHeads }
}

function assignments(columns: object): string {
  return Object.keys(columns)
    .map((column) => `${column} = ?`)
    .join(', ')
}

/** Returns the only column of a row that must exist; a user without a log, for example, breaks the batch. */
function valueOf(row: unknown): number {
  return (row as [number])[0]
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, find: () => Value): Value {
  let value = known.get(key)
  if (value === undefined) {
    value = find()
    known.set(key, value)
  }
  return value
}
