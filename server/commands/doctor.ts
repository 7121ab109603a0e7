import { existsSync } from 'node:fs'
import { readConfig, type DatabaseConfig } from '../config.ts'
import { whyNot } from '../main.ts'
import { openStoreReader } from '../open-store.ts'
import { checkIntegrity } from '../platform/storage/sqlite/integrity.ts'
import type { StoreReader } from '../store.ts'

/** Dead jobs of a queue that are shown with their errors. */
const newestShown = 5

/** `parley doctor`: reads the whole database and says what cannot be. Resolves with the exit code, 1 when it is ill. */
export async function examine(env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { database } = readConfig(env)
    const { findings, failed } = await examineDatabase(database)
    const { what, checked, advice } = wordsFor(database)
    if (findings.length === 0) {
      console.log(`${what} is sound: ${checked}.`)
      if (failed.length > 0)
        console.log(`Background jobs that failed for the last time:\n${indented(failed)}`)
      return 0
    }
    console.error(`${what} is not sound:\n${indented(findings)}`)
    console.error(advice)
    return 1
  } catch (error) {
    console.error(`Nothing was examined.\n${whyNot(error)}`)
    return 1
  }
}

/** Returns what is wrong with a database, and a line for each of the newest dead jobs, with its error. */
async function examineDatabase(database: DatabaseConfig): Promise<{ findings: string[]; failed: string[] }> {
  if (database.kind === 'sqlite') {
    if (!existsSync(database.path)) throw new Error(`there is no database at ${database.path}`)
    // A damaged file cannot be asked for more.
    const damage = checkIntegrity(database.path)
    if (damage.length > 0) return { findings: damage, failed: [] }
  }
  const store = await openStoreReader(database)
  try {
    const findings = (await store.read('listFindings', {})).map(({ finding, rows }) => `${finding} (${rows})`)
    return { findings, failed: await describeDeadJobs(store) }
  } finally {
    await store.close()
  }
}

/** Returns each queue with its number of dead jobs, followed by its newest ones with their errors. */
async function describeDeadJobs(store: StoreReader): Promise<string[]> {
  const lines: string[] = []
  for (const { queue, dead } of await store.read('countDeadJobs', {})) {
    lines.push(`${queue} (${dead})`)
    const newest = await store.read('listDeadJobs', { queue, after: null, limit: newestShown })
    for (const { key, attempts, error, deadAt } of newest) {
      // One line a job, whatever is in its error.
      const [at, why] = [new Date(deadAt).toISOString(), JSON.stringify(error)]
      lines.push(`  ${at} ${JSON.stringify(key)} after ${attempts} attempts: ${why}`)
    }
  }
  return lines
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}

function wordsFor(database: DatabaseConfig) {
  return database.kind === 'sqlite'
    ? {
        what: database.path,
        checked: 'the file, every log, every conversation, every key',
        advice: 'Stop Parley, keep a copy of the file, and restore the newest backup: parley restore FILE'
      }
    : {
        what: 'The database',
        checked: 'every log, every conversation, every key (of its files, pg_amcheck knows)',
        advice: 'Stop Parley, keep a dump of the database, and restore the newest backup'
      }
}
