import { Problem } from '@parley/contract/problems'
import type { Answer } from './jobs.ts'

// https://sqlite.org/rescode.html: CONSTRAINT, MISMATCH, MISUSE, RANGE and plain ERROR are ours to mend; every other
// code (BUSY, FULL, IOERR, READONLY, CORRUPT …) is the disk's, and may pass.
const bugs = new Set([1, 19, 20, 21, 25])

/** What the caller is told of an error that a job met. */
export function refusalOf(id: number, error: unknown): Answer {
  if (error instanceof Problem) return { id, ok: false, code: error.code, detail: error.message, bug: false }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const bug = !isStorageFault(error)
  return { id, ok: false, code: bug ? 'internal' : 'storage_unavailable', detail, bug }
}

function isStorageFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  // The low byte is the primary code, the rest says which kind of it.
  return !bugs.has(Number(error.errcode) & 0xff)
}
