import { Client } from 'pg'
import type { Pair } from '../test/harness/crowd.ts'
import { spreadOverMs } from './history.ts'

const statements = [
  `CREATE TEMPORARY TABLE new AS
   SELECT nth + 1 AS id, pair.conversation_id, nth / cardinality($1::bigint[]) + 1 AS position,
     CASE (nth / cardinality($1::bigint[])) % 2 WHEN 0 THEN two ELSE one END AS sender_id, one, two,
     'message ' || nth || ': hello, how are you?' AS content, gen_random_uuid()::text AS key,
     $5::bigint + nth * $6::bigint / $4::bigint AS created_at
   FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS pair (conversation_id, one, two, number)
     JOIN generate_series(0, $4::bigint - 1) AS nth ON nth % cardinality($1::bigint[]) = number - 1`,
  `INSERT INTO messages (id, conversation_id, position, sender_id, content, client_id, created_at)
   SELECT id, conversation_id, position, sender_id, content, key, created_at FROM new ORDER BY id`,
  `SELECT setval('messages_id_seq', max(id)) FROM new`,
  `INSERT INTO sends (sender_id, key, payload_hash, message_id)
   SELECT sender_id, key, rtrim(encode(sha256(content::bytea), 'base64'), '='), id FROM new ORDER BY sender_id, key`,
  `INSERT INTO inbox_events (user_id, seq, kind, message_id, created_at)
   SELECT user_id, head + row_number() OVER (PARTITION BY user_id ORDER BY id), 'message', id, created_at
   FROM new CROSS JOIN LATERAL (VALUES (one), (two)) AS person (user_id) JOIN inbox_heads USING (user_id)`,
  `UPDATE inbox_heads SET head = newest FROM (SELECT user_id, max(seq) AS newest FROM inbox_events GROUP BY 1) AS log
   WHERE log.user_id = inbox_heads.user_id`,
  `UPDATE conversations SET last_message_id = newest.id, last_position = newest.position
   FROM (SELECT conversation_id, max(id) AS id, max(position) AS position FROM new GROUP BY 1) AS newest
   WHERE conversations.id = newest.conversation_id`,
  `UPDATE participants SET read_up_to = last_position FROM conversations WHERE conversations.id = conversation_id`,
  'DROP TABLE new'
]

/** Writes what `writeHistory` writes, into a Postgres database without messages whose Parley is stopped. */
export async function writeHistoryOnPostgres(url: string, pairs: Pair[], count: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const userIds = (side: 0 | 1) => pairs.map(({ members }) => members[side].user.id)
  const conversationIds = pairs.map(({ conversationId }) => conversationId)
  const firstAt = Date.now() - spreadOverMs
  try {
    // A hash of a million rows must fit in memory, and the data may be lost in a crash.
    await client.query("SET work_mem = '256MB'; SET synchronous_commit = off")
    const [first, ...others] = statements
    await client.query(first!, [conversationIds, userIds(0), userIds(1), count, firstAt, spreadOverMs])
    for (const statement of others) await client.query(statement)
    // As autovacuum would do: the measurement must not be the first reader of each row.
    await client.query('VACUUM ANALYZE')
  } finally {
    await client.end()
  }
}
