import { Pool, types as defaults, type ClientBase, type CustomTypesConfig } from 'pg'
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

/** Settings of a connection. */
type Settings = Record<string, string | number>

/** What keeps a server's connections from hanging. */
const limits: Settings = {
  statement_timeout: statementMs,
  // A process of ours that hangs in a transaction must not hold its locks for ever.
  idle_in_transaction_session_timeout: 2 * statementMs
}

/**
 * For statements that each connection prepares once: a plan made while a table was small must not scan it when it is big.
 * Only plans that follow an index are left.
 */
const indexedPlans: Settings = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off'
}

/** A server's pool of up to `max` connections; one for `prepared` statements has plans that stay good. */
export function openPool(url: string, max: number, { prepared = false } = {}): Pool {
  const settings = prepared ? { ...limits, ...indexedPlans } : limits
  // Beyond a statement's own limit: Postgres is not there any more, and nobody has said so.
  return open(url, max, settings, statementMs + 2_000)
}

/** One connection for what takes as long as it takes: commands, changes of the schema. */
export function openPatientPool(url: string): Pool {
  return open(url, 1, {}, 0)
}

function open(url: string, max: number, settings: Settings, queryMs: number): Pool {
  async function prepare(client: ClientBase): Promise<void> {
    await checkServer(client)
    // Not as parameters of the connection: a pooler in between would refuse them.
    for (const [name, value] of Object.entries(settings)) await client.query(`SET ${name} = ${value}`)
  }
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
    query_timeout: queryMs,
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, whatever its type says
    onConnect: prepare
  })
  // A connection that breaks says so to whoever uses it; without a listener it would also end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})
  return pool
}
