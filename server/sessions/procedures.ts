import type { User } from '@parley/contract/people'
import type { ServerRole } from '@parley/contract/primitives'
import { refreshGraceSeconds, signInDays } from '@parley/contract/limits'
import type { Kysely } from 'kysely'
import { userColumns, userOf } from '../people/rows.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { deleteFamily, forgetSuperseded, lockFamily } from './family-procedures.ts'

/** A session that is alive. Times are ms. `replacesId` is set until its first use; an older version wrote no `familyId`. */
export type Session = {
  id: number
  userId: number
  user: User
  role: ServerRole
  expiresAt: number
  lastUsedAt: number
  replacesId: number | null
  familyId: string | null
}

/** A sign-in: the first session of its family. Times are ms; it ends at `absoluteEnd` however often it is refreshed. */
export type NewSession = {
  userId: number
  tokenHash: string
  familyId: string
  device: string | null
  expiresAt: number
  absoluteEnd: number
  /** Sessions that the person may hold, this one included. */
  perUserMax: number
  now: number
}

const dayMs = 86_400_000
const graceMs = refreshGraceSeconds * 1_000

/** Adds a session; gives the ids of those that end for it, or null when the account is disabled. */
export async function addSession(
  db: Kysely<Schema>,
  session: NewSession
): Promise<{ result: { endedIds: number[] } | null }> {
  const { userId, now } = session
  const user = await db
    .selectFrom('users')
    .select('disabled_at')
    .where('id', '=', userId)
    // Locked: an account that is being disabled gets no session, and a person's sign-ins are counted one by one.
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (user && user.disabled_at !== null) return { result: null }
  await db
    .insertInto('sessions')
    .values({
      user_id: userId,
      token_hash: session.tokenHash,
      created_at: now,
      expires_at: session.expiresAt,
      replaces_id: null,
      family_id: session.familyId,
      absolute_end: session.absoluteEnd,
      authenticated_at: now,
      last_used_at: now,
      device: session.device
    })
    .execute()
  const alive = await db
    .selectFrom('sessions')
    .select(['id', 'family_id', 'last_used_at', 'created_at'])
    .where('user_id', '=', userId)
    .where('superseded_at', 'is', null)
    .where('expires_at', '>', now)
    .execute()
  if (alive.length <= session.perUserMax) return { result: { endedIds: [] } }
  alive.sort(
    (left, right) =>
      (right.last_used_at ?? right.created_at) - (left.last_used_at ?? left.created_at) || right.id - left.id
  )
  const endedIds: number[] = []
  for (const { id, family_id: familyId } of alive.slice(session.perUserMax)) {
    endedIds.push(...(await deleteFamily(db, id, familyId)))
  }
  return { result: { endedIds } }
}

export async function findSession(
  db: Kysely<Schema>,
  { tokenHash, now }: { tokenHash: string; now: number }
): Promise<Session | null> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'sessions.id',
      'sessions.expires_at',
      'sessions.created_at',
      'sessions.last_used_at',
      'sessions.replaces_id',
      'sessions.family_id',
      'users.role',
      ...userColumns
    ])
    .where('sessions.token_hash', '=', tokenHash)
    .where('sessions.expires_at', '>', now)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) return null
  return {
    id: row.id,
    userId: row.user_id,
    user: userOf(row),
    role: row.role,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? row.created_at,
    replacesId: row.replaces_id,
    familyId: row.family_id
  }
}

/** Returns a user's living sessions, and when they end, ms. */
export async function listSessionsOf(
  db: Kysely<Schema>,
  { userId, now }: { userId: number; now: number }
): Promise<{ userId: number; sessionId: number; expiresAt: number }[]> {
  return db
    .selectFrom('sessions')
    .select(['user_id as userId', 'id as sessionId', 'expires_at as expiresAt'])
    .where('user_id', '=', userId)
    .where('expires_at', '>', now)
    .execute()
}

/** When these sessions end, and the server roles of their users, in one read; sessions that are missing have ended. */
export async function listSessionEnds(
  db: Kysely<Schema>,
  { sessionIds }: { sessionIds: number[] }
): Promise<{ sessionId: number; expiresAt: number; role: ServerRole }[]> {
  if (sessionIds.length === 0) return []
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.id as sessionId', 'sessions.expires_at as expiresAt', 'users.role'])
    .where('sessions.id', 'in', sessionIds)
    .execute()
}

/** Records that these sessions were used at `now` (ms); skips rows that another transaction has locked. */
export async function touchSessions(
  db: Kysely<Schema>,
  { sessionIds, now }: { sessionIds: number[]; now: number }
): Promise<{ result: null }> {
  const free = db
    .selectFrom('sessions')
    .select('id')
    .where('id', 'in', sessionIds)
    .forNoKeyUpdate()
    // Two nodes may note the same ones, each in its own order.
    .skipLocked()
  await db.updateTable('sessions').set({ last_used_at: now }).where('id', 'in', free).execute()
  return { result: null }
}

/** A refresh: the old session's id, and what the successor will be unless there is one already. */
export type Refresh = {
  sessionId: number
  familyId: string
  salt: string
  tokenHash: string
  expiresAt: number
  now: number
}

/**
 * Gives a session a successor and at most 60 more seconds. An unused successor is kept, and `salt` leads to its token. Returns null
 * when the session has ended in the meantime.
 */
export async function replaceSession(
  db: Kysely<Schema>,
  refresh: Refresh
): Promise<{ result: { salt: string; expiresAt: number; oldExpiresAt: number } | null }> {
  const { sessionId, familyId, salt, now } = refresh
  const old = await db
    .selectFrom('sessions')
    .select([
      'user_id',
      'created_at',
      'expires_at',
      'absolute_end',
      'authenticated_at',
      'device',
      'successor_salt'
    ])
    .where('id', '=', sessionId)
    .where('expires_at', '>', now)
    // Locked: a session that ends meanwhile must not get a successor.
    .forUpdate()
    .executeTakeFirst()
  if (!old) return { result: null }
  if (old.successor_salt !== null) {
    const successor = await db
      .selectFrom('sessions')
      .select('expires_at')
      .where('family_id', '=', familyId)
      .where('replaces_id', '=', sessionId)
      .executeTakeFirst()
    if (successor) {
      const { successor_salt: known, expires_at: oldExpiresAt } = old
      return { result: { salt: known, expiresAt: successor.expires_at, oldExpiresAt } }
    }
  }
  const oldExpiresAt = Math.min(old.expires_at, now + graceMs)
  const absoluteEnd = old.absolute_end ?? old.created_at + signInDays * dayMs
  const expiresAt = Math.min(refresh.expiresAt, absoluteEnd)
  await db
    .updateTable('sessions')
    .set({ expires_at: oldExpiresAt, superseded_at: now, successor_salt: salt, family_id: familyId })
    .where('id', '=', sessionId)
    .execute()
  await db
    .insertInto('sessions')
    .values({
      user_id: old.user_id,
      token_hash: refresh.tokenHash,
      created_at: now,
      expires_at: expiresAt,
      replaces_id: sessionId,
      family_id: familyId,
      absolute_end: absoluteEnd,
      authenticated_at: old.authenticated_at ?? old.created_at,
      last_used_at: now,
      device: old.device
    })
    .execute()
  return { result: { salt, expiresAt, oldExpiresAt } }
}

/**
 * Records the first use of a refreshed session, which ends the one it replaces. Its row stays for a while, so that a late request
 * can be distinguished from a stolen token.
 */
export async function confirmSession(
  db: Kysely<Schema>,
  { sessionId, replacesId, now }: { sessionId: number; replacesId: number; now: number }
): Promise<{ result: null }> {
  const replaced = await db
    .selectFrom('sessions')
    .select('family_id')
    .where('id', '=', replacesId)
    .executeTakeFirst()
  await lockFamily(db, [replacesId, sessionId], replaced?.family_id ?? null)
  const old = await db
    .updateTable('sessions')
    .set((eb) => ({
      expires_at: eb.case().when('expires_at', '<', now).then(eb.ref('expires_at')).else(now).end(),
      successor_salt: null
    }))
    .where('id', '=', replacesId)
    .returning('family_id')
    .executeTakeFirst()
  await db.updateTable('sessions').set({ replaces_id: null }).where('id', '=', sessionId).execute()
  if (!old) return { result: null }
  // Where an older version refreshed it, nothing says when.
  if (old.family_id === null) await db.deleteFrom('sessions').where('id', '=', replacesId).execute()
  else await forgetSuperseded(db, old.family_id, now)
  return { result: null }
}

export async function deleteExpiredSessions(
  db: Kysely<Schema>,
  { now }: { now: number }
): Promise<{ result: null }> {
  const expired = db
    .selectFrom('sessions')
    .select('id')
    .where('expires_at', '<=', now - graceMs)
    // What is being ended now need not be waited for.
    .forUpdate()
    .skipLocked()
  await db.deleteFrom('sessions').where('id', 'in', expired).execute()
  return { result: null }
}
