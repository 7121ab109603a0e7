/** The statements of a batch of sends, by the name that each connection prepares them under. */
export const sendStatements = {
  lockConversations: `
  SELECT id, last_position FROM conversations WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,

  readParticipants: `
  SELECT conversation_id, users.id AS user_id, username, avatar_url
  FROM participants JOIN users ON users.id = user_id
  WHERE conversation_id = ANY($1::bigint[]) ORDER BY conversation_id, user_id`,

  findKeys: `
  SELECT sends.key, payload_hash, messages.id, conversation_id, position, content, client_id, messages.created_at,
    users.id AS user_id, username, avatar_url
  FROM unnest($1::bigint[], $2::text[]) AS asked (sender_id, key)
    JOIN sends ON sends.sender_id = asked.sender_id AND sends.key = asked.key
    JOIN messages ON messages.id = message_id JOIN users ON users.id = messages.sender_id`,

  /** Taken under the locks of the conversations: ids grow with positions. */
  takeIds: `SELECT nextval('messages_id_seq') AS id FROM generate_series(1, $1::int)`,

  markRead: `
  UPDATE participants SET read_up_to = mark.position
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS mark (conversation_id, user_id, position)
  WHERE participants.conversation_id = mark.conversation_id AND participants.user_id = mark.user_id`,

  lockHeads: `
  SELECT FROM inbox_heads WHERE user_id = ANY($1::bigint[]) ORDER BY user_id FOR NO KEY UPDATE`,

  raiseHeads: `
  UPDATE inbox_heads SET head = head + raise.by FROM unnest($1::bigint[], $2::bigint[]) AS raise (user_id, by)
  WHERE inbox_heads.user_id = raise.user_id RETURNING inbox_heads.user_id, head`,

  insertMessages: `
  INSERT INTO messages (id, conversation_id, position, sender_id, content, client_id, created_at)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])`,

  insertSends: `
  INSERT INTO sends (message_id, sender_id, key, payload_hash)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS send (message_id, sender_id, key, hash)
  ORDER BY sender_id, key`,

  /** `later` events of the same batch follow it in the log. Somebody without a log breaks the batch: a seq is not null. */
  insertEvents: `
  INSERT INTO inbox_events (user_id, seq, kind, message_id, created_at)
  SELECT event.user_id, head - later, 'message', message_id, created_at
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS event (user_id, later, message_id, created_at)
    LEFT JOIN inbox_heads ON inbox_heads.user_id = event.user_id`,

  setNewest: `
  UPDATE conversations SET last_message_id = newest.message_id, last_position = newest.position
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS newest (id, message_id, position)
  WHERE conversations.id = newest.id`
}
