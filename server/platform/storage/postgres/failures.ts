import { DatabaseError } from 'pg'
import { Problem } from '@parley/contract/problems'

/** The Postgres server or database does not fit Parley; the message is for its administrator. */
export class UnfitPostgres extends Error {}

// https://www.postgresql.org/docs/current/errcodes-appendix.html: errors that are temporary or that an administrator can fix.
const faults = /^(08|53|57|58)|^(25006|28000|28P01|3D000|40001|40P01|55P03|XX001|XX002)$/
// What the driver itself says has no code.
const driverFaults =
  /^(Connection terminated|timeout exceeded|timeout expired|Query read timeout|Client (was closed|has encountered)|Cannot use a pool|Postgres connection has been discarded)/

/** A transaction that met another one; the same again may well succeed. */
export function isConflict(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')
}

/** Postgres is away, full, shutting down or too busy, and not a mistake of ours. */
export function isStorageFault(error: unknown): boolean {
  if (error instanceof UnfitPostgres) return true
  if (error instanceof DatabaseError) return faults.test(error.code ?? '')
  if (!(error instanceof Error)) return false
  // A system call's: ECONNREFUSED, ECONNRESET, ENOTFOUND, EPIPE …
  return 'syscall' in error || driverFaults.test(error.message)
}

/** Returns the error that a caller gets for one that a procedure threw. */
export function refusalOf(error: unknown): Error {
  if (error instanceof Problem) return error
  if (!isStorageFault(error)) return error instanceof Error ? error : new Error(String(error))
  return new Problem('storage_unavailable').causedBy(error)
}
