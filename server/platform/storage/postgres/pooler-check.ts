import { Client, type ClientBase } from 'pg'
import { UnfitPostgres } from './failures.ts'

const answerMs = 4_000

/**
 * Throws `UnfitPostgres` when a pooler between Parley and Postgres gives each transaction whatever connection is free
 * (PgBouncer's `pool_mode = transaction`): settings and prepared statements would be another connection's. A pooler
 * in session mode is fine.
 */
export async function checkPooler(client: ClientBase, url: string): Promise<void> {
  const direct = (client as ClientBase & { processID: number | null }).processID
  // The process that a pooler names is not a Postgres backend.
  if ((await pidOf(client)) === direct) return
  const pair = [0, 1].map(
    () => new Client({ connectionString: url, connectionTimeoutMillis: answerMs, query_timeout: answerMs })
  ) as [Client, Client]
  for (const each of pair) each.on('error', () => {})
  try {
    await Promise.all(pair.map((each) => each.connect()))
    if (await isShared(pair)) throw new UnfitPostgres(advice)
  } catch (error) {
    // A pool of one connection makes the second transaction wait for ever.
    throw /timeout|pooling/i.test(String(error)) ? new UnfitPostgres(advice) : error
  } finally {
    await Promise.allSettled(pair.map((each) => each.end()))
  }
}

const advice =
  'a pooler before Postgres gives each transaction another connection (pool_mode = transaction); name Postgres itself in ' +
  'DATABASE_URL, or a pool with pool_mode = session'

/** Whether two connections that take turns are given each other's, whichever of those that are free a pooler gives first. */
async function isShared([a, b]: [Client, Client]): Promise<boolean> {
  const pids = new Map<Client, Set<number>>([a, b].map((each) => [each, new Set()]))
  for (const order of [
    [a, b],
    [a, b],
    [b, a],
    [b, a]
  ] as const) {
    for (const each of order) {
      await each.query('BEGIN')
      pids.get(each)!.add(await pidOf(each))
    }
    for (const each of order) await each.query('COMMIT')
  }
  return [...pids.values()].some((seen) => seen.size > 1)
}

async function pidOf(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]!.pid
}
