import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type { Pool, PoolClient } from 'pg'

/** Statements with more parameters are lists of so many ids or names: there would be one for each length. */
const parametersMax = 16

/**
 * A pool for Kysely whose connections prepare each statement once, by a name: to plan a page of conversations takes longer
 * than to read it.
 */
export function preparing(pool: Pool): PostgresPool {
  const names = new Map<string, string>()
  const clients = new WeakMap<PoolClient, PostgresPoolClient>()

  function nameOf(text: string): string {
    const name = names.get(text) ?? `kysely ${names.size}`
    names.set(text, name)
    return name
  }
  function wrap(client: PoolClient): PostgresPoolClient {
    const wrapped = {
      query: (text: string, values: unknown[]) =>
        values.length > 0 && values.length <= parametersMax
          ? client.query({ name: nameOf(text), text, values })
          : client.query(text, values),
      release: (discarded?: boolean) => client.release(discarded)
    } as unknown as PostgresPoolClient
    clients.set(client, wrapped)
    return wrapped
  }
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect()
      return clients.get(client) ?? wrap(client)
    },
    end: () => pool.end()
  }
}
