import { existsSync } from 'node:fs'
import { readConfig } from '../config.ts'
import { whyNot } from '../main.ts'
import { openSqliteStore } from '../sqlite-store.ts'
import { sqlitePath } from '../open-store.ts'
import { moveOut } from '../platform/storage/sqlite/move-out.ts'

/** `parley migrate --to URL`: moves a stopped SQLite file into an empty Postgres. Resolves with the exit code. */
export async function migrateTo(url: string, env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { database } = readConfig({ ...env, NATS_URL: undefined })
    const path = sqlitePath(database, 'DATABASE_URL names a Postgres; it must be the SQLite file to be moved')
    // Read like DATABASE_URL, for the same words about what is wrong with it.
    const target = readConfig({ DATABASE_URL: url }).database
    if (target.kind !== 'postgres') throw new Error('--to takes the address of a Postgres: postgres://…')
    if (!existsSync(path)) throw new Error(`there is no database at ${path}`)
    const startedAt = performance.now()
    let rows = 0
    await moveOut(
      path,
      target.url,
      (progress) => {
        console.log(`  ${progress.table}: ${progress.done} of ${progress.rows} ${progress.step}`)
        if (progress.step === 'compared') rows += progress.rows
      },
      openSqliteStore
    )
    const seconds = (performance.now() - startedAt) / 1_000
    console.log(
      `Moved, and compared row by row: ${rows} rows in ${seconds.toFixed(1)} s.\n` +
        `Start Parley with DATABASE_URL set to it. ${path} stays as it was, and is not started any more.`
    )
    return 0
  } catch (error) {
    console.error(`Nothing was moved.\n${whyNot(error)}`)
    return 1
  }
}
