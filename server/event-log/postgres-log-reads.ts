import type { Pool } from 'pg'
import type { EventLog, LogBounds } from '../platform/storage/event-log.ts'
import {
  eventSelection,
  eventsOf,
  readColumns,
  type EventColumns,
  type FoundPersonalValue
} from './procedures.ts'
import { messageColumns } from '../messages/rows.ts'
import { integersAsText, textsAsText } from '../platform/storage/postgres/array-text.ts'

/** The reads of the log, by the name that each connection prepares them under; what they give is one row. */
const logStatements = {
  readLogBounds: `
    SELECT coalesce(json_agg(json_build_array(user_id, head, floor)), '[]') AS found
    FROM inbox_heads WHERE user_id = ANY($1::bigint[])`,

  /** What follows each place, from the index: a range in it for each, however many places there are. */
  readEvents: `
    SELECT coalesce(json_agg(found), '[]') AS found FROM (
      SELECT (place.nth - 1)::int AS nth, ${eventSelection.join(', ')}, viewer.visible_from, ${messageColumns.join(', ')}
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS place (user_id, after, nth)
        CROSS JOIN LATERAL (
          SELECT ${readColumns.map((name) => `inbox_events.${name}`).join(', ')}
          FROM inbox_events WHERE inbox_events.user_id = place.user_id AND inbox_events.seq > place.after
          ORDER BY inbox_events.seq LIMIT $3
        ) AS event
        LEFT JOIN messages ON messages.id = event.message_id
        LEFT JOIN users ON users.id = messages.sender_id
        LEFT JOIN participants AS viewer ON viewer.user_id = place.user_id
          AND viewer.conversation_id = coalesce(messages.conversation_id, event.conversation_id)
    ) AS found`,

  /** The personal values that events name. One that was changed since the events were read has an event of its own. */
  readPersonalValues: `
    SELECT coalesce(json_agg(found), '[]') AS found FROM (
      SELECT personal_state.user_id, personal_state.kind, personal_state.key, personal_state.version,
        personal_state.value
      FROM unnest($1::bigint[], $2::text[], $3::text[]) AS wanted (user_id, kind, key)
        JOIN personal_state ON personal_state.user_id = wanted.user_id AND personal_state.kind = wanted.kind
          AND personal_state.key = wanted.key
    ) AS found`
}

/**
 * The log of many users in one statement that is planned once for each connection: to plan it took ten times as long as to
 * run it for one user, and for many it was planned to read the table whole.
 */
export function openLogReads(pool: Pool): Pick<EventLog, 'bounds' | 'eventsAfter'> {
  async function read<Row>(name: keyof typeof logStatements, ...values: string[]): Promise<Row[]> {
    const { rows } = await pool.query<{ found: Row[] }>({ name, text: logStatements[name], values })
    return rows[0]!.found
  }
  return {
    async bounds(userIds) {
      const found = await read<[userId: number, head: number, floor: number]>(
        'readLogBounds',
        integersAsText(userIds)
      )
      const bounds = new Map<number, LogBounds>()
      for (const [userId, head, floor] of found) bounds.set(userId, { head, floor })
      return userIds.map((userId) => bounds.get(userId) ?? { head: 0, floor: 0 })
    },
    async eventsAfter(places, limit) {
      const found = await read<EventColumns>(
        'readEvents',
        integersAsText(places.map(({ userId }) => userId)),
        integersAsText(places.map(({ after }) => after)),
        String(limit)
      )
      return eventsOf(places, found, (wanted) =>
        read<FoundPersonalValue>(
          'readPersonalValues',
          integersAsText(wanted.map(({ user_id }) => user_id)),
          textsAsText(wanted.map(({ kind }) => kind)),
          textsAsText(wanted.map(({ key }) => key))
        )
      )
    }
  }
}
