import { existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { allChanges } from '../migrations/index.ts'
import { needsSetting, newerLine } from '../migrations/schema-state.ts'
import { newEpoch } from '../settings.ts'
import { lockDatabase } from './database-lock.ts'
import { createPrivate } from './private-file.ts'

/**
 * Writes a consistent copy of the database to `target` while a server may be writing to it. It is one read transaction,
 * so no write waits. Throws when `target` already exists, or when there is no database at `path`.
 */
export async function backUp(path: string, target: string): Promise<{ bytes: number }> {
  if (!existsSync(path)) throw new Error(`there is no database at ${path}`)
  if (existsSync(target)) throw new Error(`${target} is there already; name a new file`)
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    await copyDatabase(database, target)
  } finally {
    database.close()
  }
  return { bytes: (await stat(target)).size }
}

/** Copies an open database to the new file `target`, which its owner alone can read, and which has its name once it is whole. */
export async function copyDatabase(database: DatabaseSync, target: string): Promise<void> {
  const partial = `${target}.partial`
  await vacuumInto(database, partial)
  await moveSynced(partial, target)
}

async function vacuumInto(database: DatabaseSync, target: string): Promise<void> {
  await rm(target, { force: true })
  createPrivate(target)
  database.prepare('VACUUM INTO ?').run(target)
}

/**
 * Replaces the database at `path` with the copy `source`, under a new epoch, so that clients that have seen more than it holds
 * fetch a new snapshot. Keeps the old database under the returned name. Throws when a server runs
 * on `path`, or `source` is not a sound Parley database.
 */
export async function restore(path: string, source: string): Promise<{ kept: string | null }> {
  if (!existsSync(source)) throw new Error(`there is no file at ${source}`)
  const lock = lockDatabase(path)
  try {
    const incoming = `${path}.incoming`
    const copy = new DatabaseSync(source, { readOnly: true })
    try {
      await vacuumInto(copy, incoming)
    } catch (error) {
      throw new Error(`${source} is not a database that can be read: ${String(error)}`, { cause: error })
    } finally {
      copy.close()
    }
    renewEpoch(incoming, source)

    // With its write-ahead log: newer commits may be in there, and beside another database it would be applied to it.
    const kept = existsSync(path) ? `${path}.replaced-${new Date().toISOString().replaceAll(':', '')}` : null
    for (const suffix of ['', '-wal', '-shm']) {
      if (kept && existsSync(path + suffix)) await rename(path + suffix, kept + suffix)
    }
    await moveSynced(incoming, path)
    await rm(`${path}.mark`, { force: true })
    return { kept }
  } finally {
    // Of a copy that was refused.
    await rm(`${path}.incoming`, { force: true })
    lock.close()
  }
}

function renewEpoch(path: string, source: string): void {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA synchronous = FULL')
    const soundness = database.prepare('PRAGMA integrity_check').get()?.['integrity_check']
    if (soundness !== 'ok') throw new Error(`${source} is damaged: ${String(soundness)}`)
    const settings = database
      .prepare("SELECT COUNT(*) AS tables FROM sqlite_schema WHERE name = 'settings'")
      .get()
    if (settings?.['tables'] !== 1) throw new Error(`${source} is not a database of Parley`)
    const needs = database.prepare('SELECT value FROM settings WHERE name = ?').get(needsSetting)?.['value']
    if (needs && !(String(needs) in allChanges)) throw new Error(`${source}: ${newerLine([String(needs)])}`)
    database.prepare("UPDATE settings SET value = ? WHERE name = 'epoch'").run(newEpoch())
    // Put back in place of what was moved away, it is a database of its own again.
    database.exec("DELETE FROM settings WHERE name = 'moved'")
  } finally {
    database.close()
  }
}

/** Renames, and makes sure that the file and its name are on disk. */
async function moveSynced(from: string, to: string): Promise<void> {
  await sync(from)
  await rename(from, to)
  await sync(dirname(to))
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
