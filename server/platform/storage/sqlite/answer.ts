import type { Answer } from './jobs.ts'

// https://sqlite.org/rescode.html: CONSTRAINT, MISMATCH, MISUSE, RANGE and plain ERROR are ours to mend; every other
// code (BUSY, FULL, IOERR, READONLY, CORRUPT …) is the disk's, and may pass.
const bugs = new Set([1, 19, 20, 21, 25])

/** What the caller is told of an error that a job met. */
export function refusalOf(id: number, error: unknown): Answer {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { id, ok: false, bug: !isStorageFault(error), detail }
}

function isStorageFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  // The low byte is the primary code, the rest says which kind of it.
  return !bugs.has(Number(error.errcode) & 0xff)
}
