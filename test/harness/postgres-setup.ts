import type { TestProject } from 'vitest/node'
import { hasPostgres, startPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's URL of the run's Postgres; null if Postgres is not installed. */
    postgres: string | null
  }
}

/** Starts one Postgres for all files of a project; each file creates its own databases in it. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!hasPostgres) {
    project.provide('postgres', null)
    return undefined
  }
  const postgres = await startPostgres({ settings: { max_connections: '400' } })
  project.provide('postgres', postgres.adminUrl)
  return () => postgres.stop()
}
