import type { TestProject } from 'vitest/node'
import { hasPostgres, startPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's address of the run's Postgres; null where none is installed. */
    postgres: string | null
  }
}

/** Starts one Postgres for all files of a project; each makes its own databases in it. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!hasPostgres) {
    project.provide('postgres', null)
    return undefined
  }
  const postgres = await startPostgres({ settings: { max_connections: '400' } })
  project.provide('postgres', postgres.adminUrl)
  return () => postgres.stop()
}
