import type { User } from '@parley/contract/entities'
import type { Kysely } from 'kysely'
import { userColumns, userOf } from '../rows.ts'
import type { Schema } from '../schema.ts'

/** A session that is alive. Times are ms. `replacesId` is set until its first use. */
export type Session = {
  id: number
  userId: number
  user: User
  expiresAt: number
  replacesId: number | null
}

export async function addSession(
  db: Kysely<Schema>,
  input: { userId: number; tokenHash: string; expiresAt: number; now: number }
): Promise<{ result: null }> {
  await db
    .insertInto('sessions')
    .values({
      user_id: input.userId,
      token_hash: input.tokenHash,
      created_at: input.now,
      expires_at: input.expiresAt,
      replaces_id: null
    })
    .execute()
  return { result: null }
}

export async function findSession(
  db: Kysely<Schema>,
  { tokenHash, now }: { tokenHash: string; now: number }
): Promise<Session | null> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.id', 'sessions.expires_at', 'sessions.replaces_id', ...userColumns])
    .where('sessions.token_hash', '=', tokenHash)
    .where('sessions.expires_at', '>', now)
    .executeTakeFirst()
  if (!row) return null
  return {
    id: row.id,
    userId: row.user_id,
    user: userOf(row),
    expiresAt: row.expires_at,
    replacesId: row.replaces_id
  }
}

/** When those of the sessions that are there end, in one read; the others have ended. */
export async function listSessionEnds(
  db: Kysely<Schema>,
  { sessionIds }: { sessionIds: number[] }
): Promise<{ sessionId: number; expiresAt: number }[]> {
  if (sessionIds.length === 0) return []
  return db
    .selectFrom('sessions')
    .select(['id as sessionId', 'expires_at as expiresAt'])
    .where('id', 'in', sessionIds)
    .execute()
}

/**
 * Adds a session beside the one it replaces, which then lives until `graceUntil` at most (ms). Null when the old one
 * has ended meanwhile.
 */
export async function replaceSession(
  db: Kysely<Schema>,
  input: { sessionId: number; tokenHash: string; expiresAt: number; graceUntil: number; now: number }
): Promise<{ result: { oldExpiresAt: number } | null }> {
  const old = await db
    .selectFrom('sessions')
    .select(['user_id', 'expires_at'])
    .where('id', '=', input.sessionId)
    .where('expires_at', '>', input.now)
    // Locked: a session that ends meanwhile must not get a successor.
    .forUpdate()
    .executeTakeFirst()
  if (!old) return { result: null }
  const oldExpiresAt = Math.min(old.expires_at, input.graceUntil)
  await db
    .updateTable('sessions')
    .set({ expires_at: oldExpiresAt })
    .where('id', '=', input.sessionId)
    .execute()
  await db
    .insertInto('sessions')
    .values({
      user_id: old.user_id,
      token_hash: input.tokenHash,
      created_at: input.now,
      expires_at: input.expiresAt,
      replaces_id: input.sessionId
    })
    .execute()
  return { result: { oldExpiresAt } }
}

/** The first use of a refreshed session: the one it replaces ends. */
export async function confirmSession(
  db: Kysely<Schema>,
  { sessionId, replacesId }: { sessionId: number; replacesId: number }
): Promise<{ result: null }> {
  // The older row first: rows are locked in the order of their ids.
  await db.deleteFrom('sessions').where('id', '=', replacesId).execute()
  await db.updateTable('sessions').set({ replaces_id: null }).where('id', '=', sessionId).execute()
  return { result: null }
}

export async function endSession(
  db: Kysely<Schema>,
  { sessionId }: { sessionId: number }
): Promise<{ result: null }> {
  await db.deleteFrom('sessions').where('id', '=', sessionId).execute()
  return { result: null }
}

export async function deleteExpiredSessions(
  db: Kysely<Schema>,
  { now }: { now: number }
): Promise<{ result: null }> {
  const expired = db
    .selectFrom('sessions')
    .select('id')
    .where('expires_at', '<=', now)
    // What somebody is ending now need not be waited for.
    .forUpdate()
    .skipLocked()
  await db.deleteFrom('sessions').where('id', 'in', expired).execute()
  return { result: null }
}
