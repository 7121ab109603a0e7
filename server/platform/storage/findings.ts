import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Schema } from './schema.ts'

/** Something in the database that cannot be: what it is, and how many rows show it. */
export type Finding = { finding: string; rows: number }

/** What must never return a row, by what it would mean. */
const checks: Record<string, RawBuilder<unknown>> = {
  'a log is not contiguous: an event between its floor and its head is missing': sql`
    SELECT heads.user_id FROM inbox_heads AS heads
    LEFT JOIN inbox_events AS events ON events.user_id = heads.user_id
    GROUP BY heads.user_id, heads.head, heads.floor
    HAVING COUNT(events.seq) <> heads.head - heads.floor
      OR COALESCE(MIN(events.seq), heads.floor + 1) <> heads.floor + 1
      OR COALESCE(MAX(events.seq), heads.head) <> heads.head`,
  'events belong to a log without a user': sql`
    SELECT events.seq FROM inbox_events AS events
    LEFT JOIN inbox_heads AS heads ON heads.user_id = events.user_id WHERE heads.user_id IS NULL`,
  'a user has no log': sql`
    SELECT users.id FROM users LEFT JOIN inbox_heads AS heads ON heads.user_id = users.id
    WHERE heads.user_id IS NULL`,
  'an event points at a message that is not there': sql`
    SELECT events.seq FROM inbox_events AS events LEFT JOIN messages ON messages.id = events.message_id
    WHERE events.message_id IS NOT NULL AND messages.id IS NULL`,
  'the positions of a conversation are not 1, 2, 3 …': sql`
    SELECT conversations.id FROM conversations
    LEFT JOIN messages ON messages.conversation_id = conversations.id
    GROUP BY conversations.id, conversations.last_position
    HAVING COUNT(messages.id) <> conversations.last_position
      OR COALESCE(MAX(messages.position), 0) <> conversations.last_position`,
  'the newest message of a conversation is not the one it names': sql`
    SELECT conversations.id FROM conversations
    LEFT JOIN messages ON messages.id = conversations.last_message_id
      AND messages.conversation_id = conversations.id
    WHERE COALESCE(messages.position, 0) <> conversations.last_position`,
  'the sessions of one family are of several people': sql`
    SELECT family_id FROM sessions WHERE family_id IS NOT NULL
    GROUP BY family_id HAVING COUNT(DISTINCT user_id) > 1`,
  'a session outlives its sign-in or a disabled account': sql`
    SELECT sessions.id FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.expires_at > sessions.absolute_end
      OR (sessions.absolute_end IS NOT NULL AND sessions.created_at > users.disabled_at)`,
  'a message has no sender or no conversation': sql`
    SELECT messages.id FROM messages
    LEFT JOIN conversations ON conversations.id = messages.conversation_id
    LEFT JOIN users ON users.id = messages.sender_id
    WHERE conversations.id IS NULL OR users.id IS NULL`,
  // A join would look through every key of its sender for each message.
  'a message has no key: a retry of it would appear twice': sql`
    SELECT id, sender_id FROM messages WHERE kind IS NULL EXCEPT SELECT message_id, sender_id FROM sends`,
  'a key points at a message that is not there': sql`
    SELECT sends.key FROM sends LEFT JOIN messages ON messages.id = sends.message_id
    WHERE messages.id IS NULL`,
  'a read mark is beyond the end of its conversation': sql`
    SELECT participants.user_id FROM participants
    JOIN conversations ON conversations.id = participants.conversation_id
    WHERE participants.read_up_to > conversations.last_position`,
  'a read mark is before the first visible message': sql`
    SELECT user_id FROM participants WHERE read_up_to < visible_from`,
  'a conversation of two has other than two people, or a group has people and not one owner': sql`
    SELECT conversations.id FROM conversations
    LEFT JOIN participants ON participants.conversation_id = conversations.id
    GROUP BY conversations.id, conversations.kind
    HAVING (conversations.kind = 'direct' AND COUNT(participants.user_id) <> 2)
      OR (COUNT(participants.user_id) > 0
        AND COUNT(CASE WHEN participants.role = 'owner' THEN 1 END)
          <> CASE WHEN conversations.kind = 'group' THEN 1 ELSE 0 END)`,
  'a group has no title, or a conversation of two has one': sql`
    SELECT id FROM conversations WHERE (kind = 'group') <> (title IS NOT NULL)`,
  'a deleted message still says something': sql`
    SELECT id FROM messages WHERE deleted_at IS NOT NULL AND (content <> '' OR body IS NOT NULL)`,
  'a mention belongs to no message': sql`
    SELECT mentions.user_id FROM mentions
    LEFT JOIN messages ON messages.conversation_id = mentions.conversation_id
      AND messages.position = mentions.position AND messages.deleted_at IS NULL
    WHERE messages.id IS NULL`,
  'personal state of no user, or of another size than its total says': sql`
    SELECT states.user_id FROM (
      SELECT personal_state.user_id, SUM(personal_state.bytes) AS bytes,
        COUNT(CASE WHEN personal_state.value IS NULL THEN 1 END) AS tombstones
      FROM personal_state GROUP BY personal_state.user_id
    ) AS states
    LEFT JOIN users ON users.id = states.user_id
    LEFT JOIN personal_totals ON personal_totals.user_id = states.user_id
    WHERE users.id IS NULL OR personal_totals.user_id IS NULL
      OR states.bytes <> personal_totals.bytes OR states.tombstones <> personal_totals.tombstones`,
  'what a message said before is not kept for each of its versions': sql`
    SELECT messages.id FROM messages LEFT JOIN message_versions ON message_versions.message_id = messages.id
    GROUP BY messages.id, messages.version
    HAVING COUNT(message_versions.version) <> messages.version - 1
      OR COALESCE(MAX(message_versions.version), 0) <> messages.version - 1`
}

/** Everything in the database that cannot be; reads all of it. An empty list is a sound database. */
export async function listFindings(db: Kysely<Schema>, _input: Record<string, never>): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [finding, query] of Object.entries(checks)) {
    const { rows } = await sql<{ rows: number }>`SELECT COUNT(*) AS rows FROM (${query}) AS found`.execute(db)
    if (rows[0]!.rows > 0) findings.push({ finding, rows: rows[0]!.rows })
  }
  return findings
}
