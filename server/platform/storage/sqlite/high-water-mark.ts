import { closeSync, constants, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { newEpoch } from '../settings.ts'

/** Why a database got a new epoch at the start. */
export type EpochRenewal = 'older than it was' | 'another file than it was'

type Mark = { epoch: string; events: number; file: string }

/**
 * Detects a database that was copied or restored without `parley restore`.
 *
 * A file beside the database records its number of logged events and its identity. It is written after each commit and before
 * any client is notified, so that no client has seen more events. A database with fewer events, or another file, may lack events
 * that clients have seen: it gets a new epoch, and every client fetches a new snapshot.
 */
export class HighWaterMark {
  /** Set when `open` gave the database a new epoch. */
  readonly renewed: EpochRenewal | null
  readonly #file: number
  readonly #mark: Mark

  private constructor(file: number, mark: Mark, renewed: EpochRenewal | null) {
    this.#file = file
    this.#mark = mark
    this.renewed = renewed
    this.#write()
  }

  /** Compares the database with its mark, and renews the epoch if they disagree. */
  static open(database: DatabaseSync, path: string): HighWaterMark {
    const markPath = `${path}.mark`
    const mark: Mark = {
      epoch: readEpoch(database),
      events: database.prepare('SELECT COALESCE(SUM(head), 0) AS events FROM inbox_heads').get()![
        'events'
      ] as number,
      file: identityOf(path)
    }
    const renewed = mark.events === 0 ? null : renewalOf(mark, readMark(markPath))
    if (renewed) {
      mark.epoch = newEpoch()
      database.prepare("UPDATE settings SET value = ? WHERE name = 'epoch'").run(mark.epoch)
    }
    return new HighWaterMark(openSync(markPath, constants.O_RDWR | constants.O_CREAT, 0o600), mark, renewed)
  }

  /** The database's epoch, after a renewal. */
  get epoch(): string {
    return this.#mark.epoch
  }

  /** Counts events that were committed. Not synced: after a loss of power the file may say less, never more. */
  add(events: number): void {
    if (events === 0) return
    this.#mark.events += events
    try {
      this.#write()
    } catch {
      // The events are committed, whatever becomes of the mark: one that stays behind only notices less.
    }
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(): void {
    const { epoch, events, file } = this.#mark
    // One line of a fixed length, written over the last one: a reader never sees half of two.
    writeSync(this.#file, `${epoch.padEnd(32)} ${String(events).padEnd(16)} ${file.padEnd(40)}\n`, 0)
  }
}

/** Which file it is: the inode alone is given out again once the file is gone. */
function identityOf(path: string): string {
  const { ino, birthtimeMs } = statSync(path)
  return `${ino}:${Math.trunc(birthtimeMs)}`
}

function readEpoch(database: DatabaseSync): string {
  return database.prepare("SELECT value FROM settings WHERE name = 'epoch'").get()!['value'] as string
}

function readMark(path: string): Mark | null {
  try {
    const [epoch = '', events, file = ''] = readFileSync(path, 'utf8').trim().split(/\s+/)
    return { epoch, events: Number(events), file }
  } catch {
    return null
  }
}

function renewalOf(now: Mark, then: Mark | null): EpochRenewal | null {
  if (!then || then.epoch !== now.epoch || then.file !== now.file) return 'another file than it was'
  // Written so that a damaged number (NaN) counts as older too.
  return now.events >= then.events ? null : 'older than it was'
}
