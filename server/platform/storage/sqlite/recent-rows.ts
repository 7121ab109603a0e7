import type { DatabaseSync } from 'node:sqlite'

/** Events that wait in the small table until they are merged, about; that takes the writer some 20 ms. */
const mergedAt = 16_000

/** Moves all rows of `recent`, with every column that the table has: also those that a newer Parley added. */
function moving(database: DatabaseSync, recent: string, older: string, order: string): string {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all(recent)
  const list = rows.map((row) => String(row['name'])).join(', ')
  return `
    INSERT INTO ${older} (${list}) SELECT ${list} FROM ${recent} ORDER BY ${order};
    DELETE FROM ${recent};`
}

function merge(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    ${moving(database, 'recent_events', 'older_events', 'user_id, seq')}
    ${moving(database, 'recent_sends', 'older_sends', 'sender_id, key')}
    COMMIT`)
}

/**
 * The newest events and keys, in small tables of their own, and their way into the large ones: a log-structured merge
 * (O'Neil et al. 1996) of two levels. What a batch adds shares a few pages; each of the many places where it belongs in the
 * end is written once for all that came for it meanwhile.
 */
export function openRecentRows(database: DatabaseSync) {
  const countEvents = database.prepare('SELECT COUNT(*) AS events FROM recent_events')
  const listKeys = database.prepare('SELECT message_id, sender_id, key FROM recent_sends')
  let events = Number(countEvents.get()!['events'])
  const messageIds = new Map<number, Map<string, number>>()
  function remember(senderId: number, key: string, messageId: number): void {
    const ofSender = messageIds.get(senderId)
    if (ofSender) ofSender.set(key, messageId)
    else messageIds.set(senderId, new Map([[key, messageId]]))
  }
  for (const { message_id, sender_id, key } of listKeys.iterate()) {
    remember(Number(sender_id), String(key), Number(message_id))
  }
  return {
    remember,
    /** The message of a recent key. It may be a rolled-back row; check that it exists. */
    messageIdOf: (senderId: number, key: string) => messageIds.get(senderId)?.get(key),
    /** Counts events that were committed, and merges when they are many. Call it between two transactions. */
    add(added: number): void {
      events += added
      if (added === 0 || events < mergedAt) return
      try {
        merge(database)
        events = 0
        messageIds.clear()
      } catch {
        // A full disk, say. Where they are they are found, too, and the next commit tries again.
        if (database.isTransaction) database.exec('ROLLBACK')
      }
    }
  }
}

export type RecentRows = ReturnType<typeof openRecentRows>
