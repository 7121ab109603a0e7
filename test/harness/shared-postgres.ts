import { inject } from 'vitest'
import { createDatabase } from './postgres.ts'

const adminUrl = inject('postgres') ?? null

/** Why nothing can be tested on the Postgres that the run's files share (see postgres-setup.ts); undefined where it can. */
export const noPostgres = adminUrl === null ? 'no Postgres is installed' : undefined

/** A fresh database on it. */
export function sharedDatabase(): Promise<string> {
  return createDatabase(adminUrl!)
}
