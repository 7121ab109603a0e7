import { arrayParameters } from '../platform/storage/postgres/array-text.ts'
import { columnNames } from '../platform/storage/columns.ts'
import { keyColumns, sentColumns, updatedColumns } from './append.ts'
import { messageColumns } from './rows.ts'

/** Column names as SQL, each qualified with `table` if there is one. */
function listed(names: readonly string[], table?: string): string {
  return names.map((name) => (table ? `${table}.${name}` : name)).join(', ')
}

function assignments(columns: object, from: string): string {
  return Object.keys(columns)
    .map((column) => `${column} = ${from}.${column}`)
    .join(', ')
}

/** The greatest value that each column takes of the new messages. */
function greatest(columns: Record<string, string>): string {
  return Object.entries(columns)
    .map(([column, from]) => `max(new.${from}) AS ${column}`)
    .join(', ')
}

/** The columns of a key that its message does not have; beside the message's, they go by `nameOfKey`. */
export const ownKeyColumns = columnNames('sends', Object.keys(keyColumns) as (keyof typeof keyColumns)[])

function nameOfKey(name: (typeof ownKeyColumns)[number]): string {
  return `key_${name}`
}

const newNames = [...sentColumns.messages, ...ownKeyColumns.map(nameOfKey)]

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
      SELECT ${listed(newNames, 'given')}
      FROM unnest(${[
        ...arrayParameters('messages', sentColumns.messages),
        ...arrayParameters('sends', ownKeyColumns, 1 + sentColumns.messages.length)
      ].join(', ')})
        AS given (${listed(newNames)})
    ), claimed AS (
      INSERT INTO sends (${listed(Object.keys(keyColumns))}, ${listed(ownKeyColumns)})
      SELECT ${listed(Object.values(keyColumns), 'new')}, ${listed(ownKeyColumns.map(nameOfKey), 'new')}
      FROM new ORDER BY new.sender_id, new.${nameOfKey('key')}
    ), marked AS (
      UPDATE participants SET ${assignments(updatedColumns.participants, 'mark')}
      FROM (
        SELECT new.conversation_id, new.sender_id, ${greatest(updatedColumns.participants)} FROM new GROUP BY 1, 2
      ) AS mark
      WHERE participants.conversation_id = mark.conversation_id AND participants.user_id = mark.sender_id
    ), moved AS (
      UPDATE conversations SET ${assignments(updatedColumns.conversations, 'newest')}
      FROM (
        SELECT new.conversation_id, ${greatest(updatedColumns.conversations)} FROM new GROUP BY 1
      ) AS newest
      WHERE conversations.id = newest.conversation_id
    )
    INSERT INTO messages (${listed(sentColumns.messages)})
    SELECT ${listed(sentColumns.messages, 'new')} FROM new`,

  /** Of a batch with mentions alone. */
  insertMentions: `
    INSERT INTO mentions (${listed(sentColumns.mentions)})
    SELECT ${listed(sentColumns.mentions, 'given')}
    FROM unnest(${arrayParameters('mentions', sentColumns.mentions).join(', ')})
      AS given (${listed(sentColumns.mentions)})`,

  /**
   * Events of one user are consecutive in their log; those of the nth user begin at `before` in the list of all. Heads are locked
   * in the given order, that of their ids, because the plan starts from them. A user without a log breaks the batch.
   */
  logEvents: `
    WITH raised AS (
      UPDATE inbox_heads SET head = inbox_heads.head + raise.by
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS raise (user_id, by, before)
      WHERE inbox_heads.user_id = raise.user_id RETURNING inbox_heads.user_id, inbox_heads.head, raise.by, raise.before
    ), logged AS (
      INSERT INTO inbox_events (user_id, seq, kind, ${listed(sentColumns.events)})
      SELECT raised.user_id, raised.head - raised.by + nth, 'message', ${arrayParameters(
        'inbox_events',
        sentColumns.events,
        4
      )
        .map((array) => `(${array})[raised.before + nth]`)
        .join(', ')}
      FROM raised, generate_series(1, raised.by) AS nth
    )
    SELECT json_agg(json_build_array(raised.user_id, raised.head)) AS heads, 1 / (count(*) = cardinality($1::bigint[]))::int AS complete
    FROM raised`
}
