import { DatabaseSync } from 'node:sqlite'
import { checkTarget, moveIn, type MoveProgress } from '../postgres/move-in.ts'
import { lockDatabase } from './database-lock.ts'

/**
 * Moves the database at `path` into the empty Postgres at `url`. The file is kept, but no Parley starts on it any more:
 * two servers would give out the same numbers to different events. Throws when a server runs on it, or for what `moveIn`
 * throws for; then nothing has changed.
 */
export async function moveOut(
  path: string,
  url: string,
  report: (progress: MoveProgress) => void,
  openStore: (path: string) => Promise<{ close(): Promise<void> }>
): Promise<void> {
  // First: a target that cannot be used leaves the file's schema to the version that wrote it.
  await checkTarget(url, readEpoch(path))
  // Keeps servers out, brings its schema up to date, and renews its epoch where it was put back from a copy.
  const store = await openStore(path)
  const database = new DatabaseSync(path)
  try {
    await moveIn(database, url, report)
    database
      .prepare("INSERT INTO settings (name, value) VALUES ('moved', ?)")
      .run(new Date().toISOString().slice(0, 10))
  } finally {
    database.close()
    await store.close()
  }
}

/** The epoch of a file that no server has open; empty where no Parley has made its tables. */
function readEpoch(path: string): string {
  const lock = lockDatabase(path)
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      const made = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'settings'").get()
      return made
        ? String(database.prepare("SELECT value FROM settings WHERE name = 'epoch'").get()?.['value'])
        : ''
    } finally {
      database.close()
    }
  } finally {
    lock.close()
  }
}
