import { hash, randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Pair } from '../test/harness/crowd.ts'

/** Period over which messages were sent, ms. */
export const spreadOverMs = 29 * 24 * 60 * 60 * 1_000

/**
 * Writes `count` messages that `pairs` exchanged over the last four weeks, with the rows that Parley stores
 * for each: its key, and both users' events. Writes into the file of a stopped SQLite store, about 100,000 a
 * second. All are marked as read.
 */
export function writeHistory(path: string, pairs: Pair[], count: number): void {
  const database = new DatabaseSync(path)
  // A file lost in a crash is created again.
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -256000; BEGIN')
  const insertMessage = database.prepare(
    `INSERT INTO messages (conversation_id, position, sender_id, content, client_id, created_at)
     VALUES (?, ?, ?, ?, ?, ?)`
  )
  const insertSend = database.prepare(
    'INSERT INTO older_sends (sender_id, key, payload_hash, message_id) VALUES (?, ?, ?, ?)'
  )
  const insertEvent = database.prepare(
    `INSERT INTO older_events (user_id, seq, kind, message_id, created_at) VALUES (?, ?, 'message', ?, ?)`
  )
  const heads = new Map(
    database
      .prepare('SELECT user_id, head FROM inbox_heads')
      .all()
      .map((row) => [Number(row['user_id']), Number(row['head'])])
  )
  const conversations = pairs.map(({ conversationId, members }) => ({
    id: Number(conversationId),
    userIds: members.map(({ user }) => Number(user.id)),
    position: 0,
    lastMessageId: 0
  }))
  const firstAt = Date.now() - spreadOverMs
  for (let number = 0; number < count; number++) {
    const conversation = conversations[number % conversations.length]!
    const position = ++conversation.position
    const senderId = conversation.userIds[position % 2]!
    const content = `message ${number}: hello, how are you?`
    const at = firstAt + Math.floor((number / count) * spreadOverMs)
    const key = randomUUID()
    const { lastInsertRowid } = insertMessage.run(conversation.id, position, senderId, content, key, at)
    insertSend.run(senderId, key, hash('sha256', content, 'base64url'), lastInsertRowid)
    conversation.lastMessageId = Number(lastInsertRowid)
    for (const userId of conversation.userIds) {
      const seq = heads.get(userId)! + 1
      heads.set(userId, seq)
      insertEvent.run(userId, seq, lastInsertRowid, at)
    }
  }
  const setLast = database.prepare(
    'UPDATE conversations SET last_message_id = ?, last_position = ? WHERE id = ? AND last_position = 0'
  )
  const setRead = database.prepare('UPDATE participants SET read_up_to = ? WHERE conversation_id = ?')
  for (const { id, position, lastMessageId } of conversations) {
    if (position === 0) continue
    if (setLast.run(lastMessageId, position, id).changes !== 1) throw new Error(`${id} has messages already`)
    setRead.run(position, id)
  }
  const setHead = database.prepare('UPDATE inbox_heads SET head = ? WHERE user_id = ?')
  for (const [userId, head] of heads) setHead.run(head, userId)
  database.exec('COMMIT')
  database.close()
  // Otherwise the next measurement waits for the sync.
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}
