import type { ServerRole } from '@parley/contract/primitives'
import type { Kysely } from 'kysely'
import type { Schema } from '../platform/storage/schema.ts'
import { deleteSessionsOf } from '../sessions/family-procedures.ts'

/** An account; `disabledAt` is ms, null while it is not disabled. */
export type AccountState = { username: string; role: ServerRole; disabledAt: number | null }

/**
 * Disables an account, or enables it again. Disabling ends the person's sessions and returns their ids. Null when no user
 * has this name.
 */
export async function setDisabled(
  db: Kysely<Schema>,
  { key, disabled, now }: { key: string; disabled: boolean; now: number }
): Promise<{ result: { userId: number; username: string; endedIds: number[] } | null }> {
  const user = await db
    .updateTable('users')
    .set((eb) => ({ disabled_at: disabled ? eb.fn.coalesce('disabled_at', eb.val(now)) : null }))
    .where('username_key', '=', key)
    .returning(['id', 'username'])
    .executeTakeFirst()
  if (!user) return { result: null }
  const endedIds = disabled ? await deleteSessionsOf(db, user.id) : []
  return { result: { userId: user.id, username: user.username, endedIds } }
}

/** Gives a user a server role; null when no user has this name. */
export async function setServerRole(
  db: Kysely<Schema>,
  { key, role }: { key: string; role: ServerRole }
): Promise<{ result: { userId: number; username: string } | null }> {
  const user = await db
    .updateTable('users')
    .set({ role })
    .where('username_key', '=', key)
    .returning(['id as userId', 'username'])
    .executeTakeFirst()
  return { result: user ?? null }
}

/** Accounts by name, after `after` (a username key), `limit` at most. */
export async function listAccounts(
  db: Kysely<Schema>,
  { after, limit }: { after: string; limit: number }
): Promise<(AccountState & { key: string })[]> {
  return db
    .selectFrom('users')
    .select(['username', 'username_key as key', 'role', 'disabled_at as disabledAt'])
    .where('username_key', '>', after)
    .orderBy('username_key')
    .limit(limit)
    .execute()
}
