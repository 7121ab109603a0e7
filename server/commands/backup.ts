import { resolve } from 'node:path'
import { readConfig } from '../config.ts'
import { whyNot } from '../main.ts'
import { sqlitePath } from '../open-store.ts'
import { backUp, restore } from '../platform/storage/sqlite/backup.ts'

const onPostgres =
  'this is for SQLite; back Postgres up with its own tools (pg_dump, or a base backup with its WAL), and restore with ' +
  'them: Parley notices it at the next start'

/** `parley backup FILE`: a consistent copy, also while Parley runs. Resolves with the exit code. */
export async function backUpTo(file: string, env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { bytes } = await backUp(sqlitePath(readConfig(env).database, onPostgres), resolve(file))
    console.log(`${file} holds everything: ${(bytes / 1_048_576).toFixed(1)} MB`)
    return 0
  } catch (error) {
    console.error(`Nothing was backed up.\n${whyNot(error)}`)
    return 1
  }
}

/** `parley restore FILE`: puts a copy in the database's place, under a new epoch. Resolves with the exit code. */
export async function restoreFrom(file: string, env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const path = sqlitePath(readConfig(env).database, onPostgres)
    const { kept } = await restore(path, resolve(file))
    console.log(`${path} was restored from ${file}. All devices reload their state from it.`)
    if (kept) console.log(`The old database is kept as ${kept}`)
    return 0
  } catch (error) {
    console.error(`Nothing was restored.\n${whyNot(error)}`)
    return 1
  }
}
