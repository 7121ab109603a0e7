import type { Answer } from './worker-messages.ts'

// https://sqlite.org/rescode.html: CONSTRAINT, MISMATCH, MISUSE, RANGE and plain ERROR are bugs of Parley; every other code
// (BUSY, FULL, IOERR, READONLY, CORRUPT …) comes from the disk and may be temporary.
const bugs = new Set([1, 19, 20, 21, 25])

/** Returns the answer for an error that a call threw. */
export function refusalOf(id: number, error: unknown): Answer {
  const { message, stack = message } = error instanceof Error ? error : new Error(String(error))
  return { id, ok: false, bug: !isStorageFault(error), message, stack }
}

function isStorageFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  // The low byte is the primary code, the rest says which kind of it.
  return !bugs.has(Number(error.errcode) & 0xff)
}
