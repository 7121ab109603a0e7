import { DatabaseSync } from 'node:sqlite'

/** What SQLite itself finds wrong with a file: damaged pages and indexes, rows that refer to nothing. */
export function checkIntegrity(path: string): string[] {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
    const damage = database.prepare('PRAGMA integrity_check(20)').all()
    const dangling = database.prepare('PRAGMA foreign_key_check').all()
    return [
      ...damage.map((row) => String(row['integrity_check'])).filter((finding) => finding !== 'ok'),
      ...(dangling.length > 0 ? [`rows refer to others that are not there (${dangling.length})`] : [])
    ]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  } finally {
    database?.close()
  }
}
