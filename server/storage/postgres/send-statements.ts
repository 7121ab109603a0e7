/** The statements of a batch of sends, by the name that each connection prepares them under. */
export const sendStatements = {
  lockConversations: `
    SELECT id, last_position FROM conversations WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,

  /**
   * Under those locks: who is in the conversations, which keys are known, and new ids, which so grow with the positions.
   * Everything in one row: rows by the thousand cost more than the queries.
   */
  readKnown: `
    SELECT
      (SELECT coalesce(json_agg(json_build_array(conversation_id, users.id, username, avatar_url) ORDER BY users.id), '[]')
        FROM participants JOIN users ON users.id = user_id WHERE conversation_id = ANY($1::bigint[])) AS people,
      (SELECT coalesce(json_agg(found), '[]') FROM (
        SELECT sends.key, payload_hash, messages.id, conversation_id, position, content, body, client_id,
          messages.created_at, version, edited_at, deleted_at, users.id AS user_id, username, avatar_url
        FROM unnest($2::bigint[], $3::text[]) AS asked (sender_id, key)
          JOIN sends ON sends.sender_id = asked.sender_id AND sends.key = asked.key
          JOIN messages ON messages.id = message_id JOIN users ON users.id = messages.sender_id) AS found) AS keys,
      (SELECT json_agg(nextval('messages_id_seq')) FROM generate_series(1, cardinality($3::text[]))) AS ids`,

  /** Keys in their order: of two batches with the same ones, the second waits for the first. */
  insertMessages: `
    WITH new AS (
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
        $8::text[], $9::text[], $10::bool[])
        AS new (id, conversation_id, position, sender_id, content, body, created_at, key, payload_hash, key_is_shown)
    ), claimed AS (
      INSERT INTO sends (sender_id, key, payload_hash, message_id)
      SELECT sender_id, key, payload_hash, id FROM new ORDER BY sender_id, key
    ), marked AS (
      UPDATE participants SET read_up_to = mark.position
      FROM (SELECT conversation_id, sender_id, max(position) AS position FROM new GROUP BY 1, 2) AS mark
      WHERE participants.conversation_id = mark.conversation_id AND participants.user_id = mark.sender_id
    ), moved AS (
      UPDATE conversations SET last_message_id = newest.id, last_position = newest.position
      FROM (SELECT conversation_id, max(id) AS id, max(position) AS position FROM new GROUP BY 1) AS newest
      WHERE conversations.id = newest.conversation_id
    )
    INSERT INTO messages (id, conversation_id, position, sender_id, content, body, client_id, created_at)
    SELECT id, conversation_id, position, sender_id, content, body, CASE WHEN key_is_shown THEN key END, created_at FROM new`,

  /** Of a batch with mentions alone. */
  insertMentions: `
    INSERT INTO mentions (user_id, conversation_id, position)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])`,

  /**
   * A user's events follow each other in their log: those of the nth user begin at `before` in the list of all. Heads are
   * locked in the order in which they are given, that of their ids: a plan that follows an index starts from them. Somebody
   * without a log breaks the batch.
   */
  logEvents: `
    WITH raised AS (
      UPDATE inbox_heads SET head = head + raise.by
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS raise (user_id, by, before)
      WHERE inbox_heads.user_id = raise.user_id RETURNING inbox_heads.user_id, head, by, before
    ), logged AS (
      INSERT INTO inbox_events (user_id, seq, kind, message_id, created_at)
      SELECT user_id, head - by + nth, 'message', ($4::bigint[])[before + nth], ($5::bigint[])[before + nth]
      FROM raised, generate_series(1, by) AS nth
    )
    SELECT json_agg(json_build_array(user_id, head)) AS heads, 1 / (count(*) = cardinality($1::bigint[]))::int AS complete
    FROM raised`
}
