import type { Kysely } from 'kysely'
import type { EncodedEvent, LogBounds, LoggedEvent } from '../event-log.ts'
import { encode } from '../json.ts'
import { messageColumns, messageOf, type MessageColumns } from '../rows.ts'
import type { Schema } from '../schema.ts'

/** The bounds of a user's log; of nobody's, an empty log. */
export async function readLogBounds(db: Kysely<Schema>, { userId }: { userId: number }): Promise<LogBounds> {
  const row = await db
    .selectFrom('inbox_heads')
    .select(['head', 'floor'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row ?? { head: 0, floor: 0 }
}

/** The heads of many users' logs in one read. */
export async function readHeads(
  db: Kysely<Schema>,
  { userIds }: { userIds: number[] }
): Promise<{ userId: number; head: number }[]> {
  if (userIds.length === 0) return []
  return db
    .selectFrom('inbox_heads')
    .select(['user_id as userId', 'head'])
    .where('user_id', 'in', userIds)
    .execute()
}

/** Up to `limit` events after `seq`. What the user may no longer see comes as `gone`, in its place. */
export async function readEvents(
  db: Kysely<Schema>,
  { userId, after, limit }: { userId: number; after: number; limit: number }
): Promise<LoggedEvent[]> {
  const rows = await db
    .selectFrom('inbox_events as event')
    .leftJoin('messages', 'messages.id', 'event.message_id')
    .leftJoin('users', 'users.id', 'messages.sender_id')
    .leftJoin('participants as viewer', (join) =>
      join
        .on('viewer.conversation_id', '=', (eb) =>
          eb.fn.coalesce('messages.conversation_id', 'event.conversation_id')
        )
        .on('viewer.user_id', '=', userId)
    )
    .select([
      'event.seq',
      'event.kind',
      'event.payload',
      'event.message_id',
      'event.conversation_id as within_id',
      'viewer.visible_from',
      ...messageColumns
    ])
    .where('event.user_id', '=', userId)
    .where('event.seq', '>', after)
    .orderBy('event.seq')
    .limit(limit)
    .execute()
  return rows.map((row) => Object.assign(eventOf(row, userId), { seq: row.seq }))
}

type EventColumns = { [Column in keyof MessageColumns]: MessageColumns[Column] | null } & {
  kind: Schema['inbox_events']['kind']
  payload: string | null
  message_id: number | null
  within_id: number | null
  visible_from: number | null
}

function eventOf(row: EventColumns, userId: number): EncodedEvent {
  if (!isVisible(row)) return { name: 'gone', json: '{}' }
  if (row.payload !== null) return { name: row.kind, json: row.payload }
  const message = messageOf(row as MessageColumns, userId)
  const name = row.kind === 'message' && message.mine ? 'message_sent' : row.kind
  return { name, json: encode(message) } as EncodedEvent
}

/** Whether the user is in what the event is of, and came before it, or may see what was before. */
function isVisible({ message_id, within_id, visible_from, position, deleted_at, payload }: EventColumns) {
  if (message_id === null) return within_id === null || visible_from !== null
  if (visible_from === null || position === null || position <= visible_from) return false
  // What was done to a message that is no more says nothing.
  return deleted_at === null || payload === null
}

/**
 * Forgets events that are both older than `before` (ms) and beyond the newest `keep` of their user, about `limit` a call
 * at most: whoever is sent something waits for the transaction. Returns how many went, so that the caller can go on until
 * none does.
 */
export async function pruneEvents(
  db: Kysely<Schema>,
  { before, keep, limit }: { before: number; keep: number; limit: number }
): Promise<{ result: number }> {
  const logs = await db
    .selectFrom('inbox_heads')
    .innerJoin('inbox_events as oldest', (join) =>
      join
        .onRef('oldest.user_id', '=', 'inbox_heads.user_id')
        .on((eb) => eb('oldest.seq', '=', eb(eb.ref('inbox_heads.floor'), '+', eb.lit(1))))
    )
    .select(['inbox_heads.user_id', 'inbox_heads.head', 'inbox_heads.floor'])
    .where((eb) => eb(eb('inbox_heads.head', '-', eb.ref('inbox_heads.floor')), '>', keep))
    .where('oldest.created_at', '<', before)
    .orderBy('inbox_heads.user_id')
    .limit(limit)
    .execute()
  let pruned = 0
  for (const log of logs) {
    if (pruned >= limit) break
    const old = await db
      .selectFrom('inbox_events')
      .select(['seq', 'created_at'])
      .where('user_id', '=', log.user_id)
      .where('seq', '<=', log.head - keep)
      .orderBy('seq')
      .limit(limit)
      .execute()
    const floor = old.findLast((event) => event.created_at < before)?.seq
    if (floor === undefined) continue
    const raised = await db
      .updateTable('inbox_heads')
      .set({ floor })
      .where('user_id', '=', log.user_id)
      // Another node may have pruned the same log meanwhile: a floor never goes back.
      .where('floor', '<', floor)
      .returning('floor')
      .executeTakeFirst()
    if (!raised) continue
    await db.deleteFrom('inbox_events').where('user_id', '=', log.user_id).where('seq', '<=', floor).execute()
    pruned += floor - log.floor
  }
  return { result: pruned }
}
