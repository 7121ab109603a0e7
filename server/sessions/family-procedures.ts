import { refreshGraceSeconds } from '@parley/contract/limits'
import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Schema } from '../platform/storage/schema.ts'

const graceMs = refreshGraceSeconds * 1_000
/** Superseded sessions that a family keeps: a token that is older than all of them was superseded long ago. */
const supersededMax = 8

/** Deletes sessions that were superseded more than 60 seconds ago, or long before the newest ones. */
export async function forgetSuperseded(db: Kysely<Schema>, familyId: string, now: number): Promise<void> {
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'superseded_at', 'expires_at'])
    .where('family_id', '=', familyId)
    .execute()
  const ids = rows
    .filter((row) => row.superseded_at !== null && row.expires_at <= now)
    .sort((left, right) => right.id - left.id)
    .filter((row, index) => index >= supersededMax || row.superseded_at! <= now - graceMs)
    .map((row) => row.id)
  if (ids.length > 0) await db.deleteFrom('sessions').where('id', 'in', ids).execute()
}

/** Ends a session and its whole family; gives the ids of those that were there. */
export async function endFamily(
  db: Kysely<Schema>,
  { sessionId, familyId }: { sessionId: number; familyId: string }
): Promise<{ result: number[] }> {
  return { result: await deleteFamily(db, sessionId, familyId) }
}

/**
 * Ends the family of a token that was superseded more than 60 seconds ago: two clients hold one session, so one token is stolen.
 * An unknown token of a known family was superseded earlier.
 */
export async function endReusedFamily(
  db: Kysely<Schema>,
  reuse: Reuse
): Promise<{ result: { userId: number; endedIds: number[] } | null }> {
  const reused = await findReused(db, reuse)
  if (!reused) return { result: null }
  const endedIds = await deleteFamily(db, reused.sessionId, reuse.familyId)
  return { result: { userId: reused.userId, endedIds } }
}

/** A token that was refused, by its hash, at `now` (ms). */
type Reuse = { tokenHash: string; familyId: string; now: number }

/** The user of a refused token's living family, and one of its sessions; null unless the token was superseded earlier. */
export async function findReused(
  db: Kysely<Schema>,
  { tokenHash, familyId, now }: Reuse
): Promise<{ userId: number; sessionId: number } | null> {
  const family = await db
    .selectFrom('sessions')
    .select(['id', 'user_id', 'token_hash', 'expires_at', 'superseded_at'])
    .where('family_id', '=', familyId)
    .execute()
  if (!family.some((row) => row.expires_at > now)) return null
  const own = family.find((row) => row.token_hash === tokenHash)
  if (own && (own.superseded_at === null || own.superseded_at > now - graceMs)) return null
  const { id: sessionId, user_id: userId } = family[0]!
  return { userId, sessionId }
}

/** Ends every session of a person; gives the ids of those that were there. */
export async function deleteSessionsOf(db: Kysely<Schema>, userId: number): Promise<number[]> {
  await lockInOrder(db.selectFrom('sessions').where('user_id', '=', userId))
  return untilNone(() => db.deleteFrom('sessions').where('user_id', '=', userId).returning('id').execute())
}

/** Deletes a session and its family, if it has one; gives the ids of those that were there. */
export async function deleteFamily(
  db: Kysely<Schema>,
  sessionId: number,
  familyId: string | null
): Promise<number[]> {
  await lockFamily(db, [sessionId], familyId)
  const own = await db.deleteFrom('sessions').where('id', '=', sessionId).returning('id').execute()
  if (familyId === null) return own.map((row) => row.id)
  const others = await untilNone(() =>
    db.deleteFrom('sessions').where('family_id', '=', familyId).returning('id').execute()
  )
  return [...own.map((row) => row.id), ...others]
}

/** Locks these sessions, and the family, for what writes several of them. */
export async function lockFamily(
  db: Kysely<Schema>,
  sessionIds: number[],
  familyId: string | null
): Promise<void> {
  await lockInOrder(
    db
      .selectFrom('sessions')
      .where((eb) =>
        familyId === null
          ? eb('id', 'in', sessionIds)
          : eb.or([eb('id', 'in', sessionIds), eb('family_id', '=', familyId)])
      )
  )
}

/** By id: two that lock the same sessions in different orders would wait for each other. */
async function lockInOrder(sessions: SelectQueryBuilder<Schema, 'sessions', object>): Promise<void> {
  await sessions.select('id').orderBy('id').forUpdate().execute()
}

/** A refresh that a deletion waited for leaves a successor that only the next statement sees. */
async function untilNone(remove: () => Promise<{ id: number }[]>): Promise<number[]> {
  const ids: number[] = []
  for (;;) {
    const rows = await remove()
    if (rows.length === 0) return ids
    ids.push(...rows.map((row) => row.id))
  }
}
