import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/**
 * Keeps a second Parley out of a database for as long as the lock is open. Two processes on one file would each wake
 * only their own streams.
 *
 * A lock of SQLite's own on a file beside it: the system lets go of it when the process dies, however it dies, so there
 * is no stale lock to clear up. Throws when the database is in use.
 */
export function lockDatabase(path: string): { close(): void } {
  const lockPath = `${path}.lock`
  const lock = new DatabaseSync(lockPath, { timeout: 0 })
  try {
    chmodSync(lockPath, 0o600)
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) {
      throw new Error(`another Parley runs on ${path}; stop it first`, { cause: error })
    }
    throw error
  }
  return { close: () => lock.close() }
}
