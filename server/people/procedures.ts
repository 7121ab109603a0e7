import type { User } from '@parley/contract/people'
import type { Kysely } from 'kysely'
import { userColumns, userOf } from './rows.ts'
import type { Schema } from '../platform/storage/schema.ts'

/** A person to be: `key` is the normalised username that must be free. */
export type NewUser = {
  username: string
  key: string
  avatarURL: string | null
  githubId: string | null
  now: number
}

/** Adds a user with an empty log; null when the username is taken. */
export async function addUser(db: Kysely<Schema>, user: NewUser): Promise<{ result: User | null }> {
  const row = await db
    .insertInto('users')
    .values({
      username: user.username,
      username_key: user.key,
      avatar_url: user.avatarURL,
      github_id: user.githubId,
      created_at: user.now
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id as user_id', 'username', 'avatar_url'])
    .executeTakeFirst()
  if (!row) return { result: null }
  await db.insertInto('inbox_heads').values({ user_id: row.user_id, head: 0, floor: 0 }).execute()
  return { result: userOf(row) }
}

/** The person of a GitHub account, with the picture it has now; null when they have never signed in. */
export async function updateGithubUser(
  db: Kysely<Schema>,
  { githubId, avatarURL }: { githubId: string; avatarURL: string | null }
): Promise<{ result: User | null }> {
  const row = await db
    .updateTable('users')
    .set({ avatar_url: avatarURL })
    .where('github_id', '=', githubId)
    .returning(['id as user_id', 'username', 'avatar_url'])
    .executeTakeFirst()
  return { result: row ? userOf(row) : null }
}

export async function findUser(db: Kysely<Schema>, { key }: { key: string }): Promise<User | null> {
  const row = await db
    .selectFrom('users')
    .select(userColumns)
    .where('username_key', '=', key)
    .executeTakeFirst()
  return row ? userOf(row) : null
}

/** The ids of the users of these keys, by key; of those there are. 100 at most. */
export async function findUserIds(
  db: Kysely<Schema>,
  { keys }: { keys: string[] }
): Promise<[string, number][]> {
  if (keys.length === 0) return []
  const rows = await db
    .selectFrom('users')
    .select(['id', 'username_key'])
    .where('username_key', 'in', keys)
    .execute()
  return rows.map((row) => [row.username_key, row.id])
}

/** Usernames whose key starts with `prefix`, in order, without the viewer's own. */
export async function searchUsernames(
  db: Kysely<Schema>,
  { viewerId, prefix, limit }: { viewerId: number; prefix: string; limit: number }
): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('username')
    .where('username_key', '>=', prefix)
    // A range and not LIKE: it uses the index, and nothing in the prefix is a wildcard.
    .where('username_key', '<', `${prefix}\u{10ffff}`)
    .where('id', '!=', viewerId)
    .orderBy('username_key')
    .limit(limit)
    .execute()
  return rows.map((row) => row.username)
}
