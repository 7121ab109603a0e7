import { readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { allChanges, type SchemaChange } from '../migrations/index.ts'
import { UnfitSchema, type SchemaState } from '../migrations/schema-state.ts'
import { copyDatabase } from './backup.ts'

/** Backups of this kind that are kept; the oldest are removed. */
const kept = 3

type Options = {
  changes?: Record<string, SchemaChange>
  say?: (line: string) => void
  /** Bytes that are free in a folder. */
  freeBytes?: (folder: string) => number
}

/**
 * Backs the database at `path` up before a change that older versions cannot read, beside it, under the name
 * `<path>.before-<change>-<time>`: the way back to the version before. Keeps the newest three. Throws `UnfitSchema` when there
 * is no space for the copy; then nothing has changed.
 */
export async function backUpBeforeBreak(
  database: DatabaseSync,
  path: string,
  state: SchemaState,
  { changes = allChanges, say = (line) => console.error(line), freeBytes = freeBytesOf }: Options = {}
): Promise<void> {
  const breaking = state.missing.find((name) => changes[name]!.breaksOlder.includes('sqlite'))
  if (state.empty || breaking === undefined) return
  const folder = dirname(path)
  // The copy, and as much again for the change itself.
  const needed = 2 * sizeOf(path)
  const free = freeBytes(folder)
  if (free < needed) {
    throw new UnfitSchema(
      `the upgrade (${breaking}) backs the database up first, and needs ${megabytes(needed)} in ${folder}, where ` +
        `${megabytes(free)} are free; make room, and start again`
    )
  }
  const prefix = `${basename(path)}.before-`
  const copies = () => readdirSync(folder).filter((each) => each.startsWith(prefix))
  // Of a start that ended in the middle of it.
  for (const each of copies()) if (each.endsWith('.partial')) rmSync(join(folder, each), { force: true })
  const name = `${prefix}${breaking}-${new Date().toISOString().replaceAll(':', '')}`
  say(
    `The upgrade changes the database so that older versions cannot read it. It is backed up as ${join(folder, name)}`
  )
  await copyDatabase(database, join(folder, name))
  const byAge = copies().map((each) => ({ each, at: statSync(join(folder, each)).mtimeMs }))
  byAge.sort((a, b) => b.at - a.at || (a.each < b.each ? 1 : -1))
  for (const { each } of byAge.slice(kept)) rmSync(join(folder, each), { force: true })
}

/** Bytes of the database with its write-ahead log. */
function sizeOf(path: string): number {
  return ['', '-wal'].reduce(
    (sum, suffix) => sum + (statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0
  )
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`
}
