import { existsSync } from 'node:fs'
import { readConfig } from '../config.ts'
import { whyNot } from '../main.ts'
import { checkIntegrity } from '../storage/sqlite/integrity.ts'
import { openSqliteStoreBeside } from '../storage/sqlite/sqlite-store.ts'

/** `parley doctor`: reads the whole database and says what cannot be. Resolves with the exit code, 1 when it is ill. */
export async function examine(env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { databasePath } = readConfig(env)
    if (!existsSync(databasePath)) throw new Error(`there is no database at ${databasePath}`)
    const findings = checkIntegrity(databasePath)
    if (findings.length === 0) {
      const store = await openSqliteStoreBeside(databasePath)
      try {
        const found = await store.read('listFindings', {})
        findings.push(...found.map(({ finding, rows }) => `${finding} (${rows})`))
      } finally {
        await store.close()
      }
    }
    if (findings.length === 0) {
      console.log(`${databasePath} is sound: the file, every log, every conversation, every key.`)
      return 0
    }
    console.error(`${databasePath} is not sound:\n${findings.map((finding) => `  ${finding}`).join('\n')}`)
    console.error(
      'Stop Parley, keep a copy of the file, and restore the newest backup: npx parley restore FILE'
    )
    return 1
  } catch (error) {
    console.error(`Nothing was examined.\n${whyNot(error)}`)
    return 1
  }
}
