import { DatabaseSync } from 'node:sqlite'
import { createPrivate } from './private-file.ts'

/** Another process has the database open. */
export class DatabaseInUse extends Error {}

/**
 * Keeps a second Parley out of a database for as long as the lock is open. Two processes on one file would each wake
 * only their own streams.
 *
 * A lock of SQLite's own on a file beside it: the kernel releases it when the process dies, so there is no stale
 * lock to clear. Throws `DatabaseInUse` when the database is, still after `waitMs`.
 */
export function lockDatabase(path: string, waitMs = 0): { close(): void } {
  const lockPath = `${path}.lock`
  createPrivate(lockPath)
  const lock = new DatabaseSync(lockPath, { timeout: waitMs })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) {
      throw new DatabaseInUse(`another Parley runs on ${path}; stop it first`, { cause: error })
    }
    throw error
  }
  return { close: () => lock.close() }
}
