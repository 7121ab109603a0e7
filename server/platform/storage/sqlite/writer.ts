import type { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import { allChanges, migrate } from '../migrations/index.ts'
import { readSchemaState, requireUnchanged } from '../migrations/schema-state.ts'
import { openSettings } from '../settings.ts'
import type { CommittedEvent } from '../event-log.ts'
import type { Schema } from '../schema.ts'
import { HighWaterMark } from './high-water-mark.ts'
import { openRecentRows, type RecentRows } from './recent-rows.ts'
import { backUpBeforeBreak } from './upgrade-backup.ts'

/** Runs batches of sends inside the open transaction; `forget` drops cached rows after other writes or a rollback. */
export type SendBatch<Send, Outcome> = {
  sendBatch: (sends: Send[]) => { outcomes: Outcome[]; committed: CommittedEvent[] }
  forget: () => void
  /** Drops the heads that these events moved, after a write that changed no other cached row. */
  forgetHeads: (events: readonly CommittedEvent[]) => void
}

/**
 * Prepares a connection for writing. For the server, whose database is at `markedPath`, it migrates the schema and compares the
 * high-water mark. A command's connection creates a missing schema and changes none. Throws when the database belongs to an
 * incompatible version, or was moved to Postgres.
 */
export async function prepareWriter<Send, Outcome>(
  database: DatabaseSync,
  db: Kysely<Schema>,
  prepareSendBatch: (database: DatabaseSync, recent: RecentRows) => SendBatch<Send, Outcome>,
  markedPath: string | null = null
) {
  const readState = () => readSchemaState(db, 'sqlite', Object.keys(allChanges))
  if (markedPath !== null) await backUpBeforeBreak(database, markedPath, await readState())
  // Kysely does not put SQLite's migrations in a transaction: a crash in the middle would leave half a schema.
  database.exec('BEGIN IMMEDIATE')
  if (markedPath === null) {
    const state = await readState()
    if (!state.empty) requireUnchanged(state)
  }
  await migrate(db, 'sqlite')
  const { result: settings } = await openSettings(db, {})
  database.exec('COMMIT')
  expectNotMoved(database)
  const mark = markedPath === null ? undefined : HighWaterMark.open(database, markedPath)
  const epoch = mark?.epoch ?? settings.epoch
  const recent = openRecentRows(database)
  const read = database.prepare('SELECT 1 FROM settings LIMIT 1')
  return {
    mark,
    recent,
    ...prepareSendBatch(database, recent),
    settings: { ...settings, epoch },
    /**
     * Notes the newest commit in the index that all connections map (SQLite's aReadMark). The first reader after a commit
     * does so, and if the disk had turned read-only meanwhile, the system would end the process for it (SIGBUS).
     */
    notice: () => {
      read.get()
    }
  }
}

/** Throws when the database was moved away. */
function expectNotMoved(database: DatabaseSync): void {
  const moved = database.prepare("SELECT value FROM settings WHERE name = 'moved'").get()?.['value']
  if (!moved) return
  throw new Error(
    `this database was moved to Postgres on ${String(moved)}: set DATABASE_URL to that one; ` +
      'to go back to this file, parley restore a backup of it'
  )
}
