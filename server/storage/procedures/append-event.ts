import type { LogEvent } from '@parley/contract/events'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../event-log.ts'
import type { Schema } from '../schema.ts'

/**
 * Gives `event` the next place in the log of each user, in the transaction of the change itself: the head is
 * incremented under its row's lock, held to the commit, so that sequence order is commit order.
 */
export async function appendEvent(
  db: Kysely<Schema>,
  event: Exclude<LogEvent, { name: 'message' | 'message_sent' | 'gone' }>,
  userIds: number[],
  now: number
): Promise<CommittedEvent> {
  const to: CommittedEvent['to'] = []
  const payload = JSON.stringify(event.data)
  for (const userId of userIds.toSorted((a, b) => a - b)) {
    const { head: seq } = await db
      .updateTable('inbox_heads')
      .set((eb) => ({ head: eb('head', '+', 1) }))
      .where('user_id', '=', userId)
      .returning('head')
      .executeTakeFirstOrThrow()
    await db
      .insertInto('inbox_events')
      .values({ user_id: userId, seq, kind: event.name, message_id: null, payload, created_at: now })
      .execute()
    to.push({ userId, seq })
  }
  return { ...event, to }
}
