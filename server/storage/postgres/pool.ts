import { Pool, types as defaults, type CustomTypesConfig } from 'pg'
import { checkServer } from './server-check.ts'

/** A connection that is not there after this is a 503: nobody waits long for a Postgres that is away or busy. */
const connectMs = 4_000
/** What a statement may take, waiting for locks included. */
const statementMs = 5_000
const idleMs = 60_000

const int8 = 20

/** Ids, positions, sequences and times are far below 2^53: plain numbers, as from SQLite. */
const types: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    (oid as number) === int8 && format !== 'binary'
      ? (text: string) => Number(text)
      : defaults.getTypeParser(oid, format)
}

/** Up to `max` connections, each checked when it is made. Without `limits`, for commands, nothing is cut short. */
export function openPool(url: string, max: number, limits: 'limited' | 'unlimited' = 'limited'): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: 'parley',
    max,
    types,
    // Statements that do not wait for each other's results go out together; a query that is never answered takes its
    // connection with it.
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: idleMs,
    ...(limits === 'limited' && {
      statement_timeout: statementMs,
      // A process of ours that hangs in a transaction must not hold its locks for ever.
      idle_in_transaction_session_timeout: 2 * statementMs,
      // Beyond the statement's own limit: Postgres is not there any more, and nobody has said so.
      query_timeout: statementMs + 2_000
    }),
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, whatever its type says
    onConnect: checkServer
  })
  // A connection that breaks says so to whoever uses it; without a listener it would also end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})
  return pool
}
