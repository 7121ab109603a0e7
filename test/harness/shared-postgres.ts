import { inject } from 'vitest'
import { createDatabase } from './postgres.ts'

const adminUrl = inject('postgres') ?? null

/**
 * The reason why the shared Postgres (see postgres-setup.ts) is unavailable; undefined if it is available.
 */
export const noPostgres = adminUrl === null ? 'Postgres is not installed' : undefined

/** Creates a database on the shared Postgres. */
export function sharedDatabase(): Promise<string> {
  return createDatabase(adminUrl!)
}
