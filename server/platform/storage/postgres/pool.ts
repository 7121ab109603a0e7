import { Pool, types as defaults, type ClientBase, type CustomTypesConfig } from 'pg'
import { checkServer } from './server-check.ts'

/** Connection timeout; after it a request gets 503, because Postgres is unreachable or busy. */
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
  jit: 'off',
  // Otherwise Postgres plans each query for one user again, because the generic plan looks more expensive.
  plan_cache_mode: 'force_generic_plan'
}

export type PoolOptions = {
  /** Connections at most. */
  max: number
  /** For statements that are prepared: their plans stay good. */
  prepared?: boolean
  /** Nothing is cut short: for commands and changes of the schema, which take as long as they take. */
  patient?: boolean
  /** Looks at each new connection, after its settings were checked; throws what makes it unfit. */
  onConnect?: (client: ClientBase) => Promise<void>
}

/** Connections that are made when they are needed, each checked. */
export function openPool(url: string, { max, prepared, patient, onConnect }: PoolOptions): Pool {
  const settings = { ...(!patient && limits), ...(prepared && indexedPlans) }

  async function prepare(client: ClientBase): Promise<void> {
    await checkServer(client)
    // Not as parameters of the connection: a pooler in between would refuse them.
    const setting = Object.entries(settings).map(([name, value]) => `SET ${name} = ${value}`)
    if (setting.length > 0) await client.query(setting.join(';'))
    await onConnect?.(client)
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
    // Longer than a statement's own limit: the connection to Postgres is dead without notice.
    query_timeout: patient ? 0 : statementMs + 2_000,
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, whatever its type says
    onConnect: prepare
  })
  // A broken connection reports to its user; without this listener it would also end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})
  return pool
}
