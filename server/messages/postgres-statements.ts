import { messageColumns } from './rows.ts'

/** The statements of a batch of sends, by the name that each connection prepares them under. */
export const sendStatements = {
  lockConversations: `
    SELECT id, last_position FROM conversations WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,

  /**
   * Under those locks: who is in the conversations, which keys are known, and new ids, which so grow with the positions.
   * People whose accounts are disabled have a fifth element. Everything in one row: rows by the thousand cost more than the queries.
   */
  readKnown: `
    SELECT
      (SELECT coalesce(json_agg(CASE WHEN users.disabled_at IS NULL
            THEN json_build_array(participants.conversation_id, users.id, users.username, users.avatar_url)
            ELSE json_build_array(participants.conversation_id, users.id, users.username, users.avatar_url, true)
          END ORDER BY users.id), '[]')
        FROM participants JOIN users ON users.id = participants.user_id
        WHERE participants.conversation_id = ANY($1::bigint[])) AS people,
      (SELECT coalesce(json_agg(found), '[]') FROM (
        SELECT sends.key, sends.payload_hash, ${messageColumns.join(', ')}
        FROM unnest($2::bigint[], $3::text[]) AS asked (sender_id, key)
          JOIN sends ON sends.sender_id = asked.sender_id AND sends.key = asked.key
          JOIN messages ON messages.id = sends.message_id JOIN users ON users.id = messages.sender_id) AS found) AS keys,
      (SELECT json_agg(nextval('messages_id_seq')) FROM generate_series(1, cardinality($3::text[]))) AS ids`,

  /** Keys in their order: of two batches with the same ones, the second waits for the first. */
  insertMessages: `
    WITH new AS (
      SELECT given.id, given.conversation_id, given.position, given.sender_id, given.content, given.body, given.created_at,
        given.key, given.payload_hash, given.key_is_shown
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
        $8::text[], $9::text[], $10::bool[])
        AS given (id, conversation_id, position, sender_id, content, body, created_at, key, payload_hash, key_is_shown)
    ), claimed AS (
      INSERT INTO sends (sender_id, key, payload_hash, message_id)
      SELECT new.sender_id, new.key, new.payload_hash, new.id FROM new ORDER BY new.sender_id, new.key
    ), marked AS (
      UPDATE participants SET read_up_to = mark.position
      FROM (
        SELECT new.conversation_id, new.sender_id, max(new.position) AS position FROM new GROUP BY 1, 2
      ) AS mark
      WHERE participants.conversation_id = mark.conversation_id AND participants.user_id = mark.sender_id
    ), moved AS (
      UPDATE conversations SET last_message_id = newest.id, last_position = newest.position
      FROM (
        SELECT new.conversation_id, max(new.id) AS id, max(new.position) AS position FROM new GROUP BY 1
      ) AS newest
      WHERE conversations.id = newest.conversation_id
    )
    INSERT INTO messages (id, conversation_id, position, sender_id, content, body, client_id, created_at)
    SELECT new.id, new.conversation_id, new.position, new.sender_id, new.content, new.body,
      CASE WHEN new.key_is_shown THEN new.key END, new.created_at
    FROM new`,

  /** Of a batch with mentions alone. */
  insertMentions: `
    INSERT INTO mentions (user_id, conversation_id, position)
    SELECT given.user_id, given.conversation_id, given.position
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS given (user_id, conversation_id, position)`,

  /**
   * A user's events follow each other in their log: those of the nth user begin at `before` in the list of all. Heads are
   * locked in the order in which they are given, that of their ids: a plan that follows an index starts from them. Somebody
   * without a log breaks the batch.
   */
  logEvents: `
    WITH raised AS (
      UPDATE inbox_heads SET head = inbox_heads.head + raise.by
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS raise (user_id, by, before)
      WHERE inbox_heads.user_id = raise.user_id RETURNING inbox_heads.user_id, inbox_heads.head, raise.by, raise.before
    ), logged AS (
      INSERT INTO inbox_events (user_id, seq, kind, message_id, created_at)
      SELECT raised.user_id, raised.head - raised.by + nth, 'message', ($4::bigint[])[raised.before + nth],
        ($5::bigint[])[raised.before + nth]
      FROM raised, generate_series(1, raised.by) AS nth
    )
    SELECT json_agg(json_build_array(raised.user_id, raised.head)) AS heads, 1 / (count(*) = cardinality($1::bigint[]))::int AS complete
    FROM raised`
}
