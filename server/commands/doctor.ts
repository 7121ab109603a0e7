import { existsSync } from 'node:fs'
import { readConfig, type DatabaseConfig } from '../config.ts'
import { whyNot } from '../main.ts'
import { openStoreReader } from '../open-store.ts'
import { checkIntegrity } from '../platform/storage/sqlite/integrity.ts'

/** `parley doctor`: reads the whole database and says what cannot be. Resolves with the exit code, 1 when it is ill. */
export async function examine(env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { database } = readConfig(env)
    const { findings, failed } = await examineDatabase(database)
    const { what, checked, advice } = wordsFor(database)
    if (findings.length === 0) {
      console.log(`${what} is sound: ${checked}.`)
      if (failed !== '') console.log(`Background jobs that failed for the last time: ${failed}.`)
      return 0
    }
    console.error(`${what} is not sound:\n${findings.map((finding) => `  ${finding}`).join('\n')}`)
    console.error(advice)
    return 1
  } catch (error) {
    console.error(`Nothing was examined.\n${whyNot(error)}`)
    return 1
  }
}

/** What is wrong with a database, and its dead jobs in words; empty where there are none. */
async function examineDatabase(database: DatabaseConfig): Promise<{ findings: string[]; failed: string }> {
  if (database.kind === 'sqlite') {
    if (!existsSync(database.path)) throw new Error(`there is no database at ${database.path}`)
    // A damaged file cannot be asked for more.
    const damage = checkIntegrity(database.path)
    if (damage.length > 0) return { findings: damage, failed: '' }
  }
  const store = await openStoreReader(database)
  try {
    const findings = (await store.read('listFindings', {})).map(({ finding, rows }) => `${finding} (${rows})`)
    const failed = (await store.read('countDeadJobs', {})).map(({ queue, dead }) => `${queue} (${dead})`)
    return { findings, failed: failed.join(', ') }
  } finally {
    await store.close()
  }
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
