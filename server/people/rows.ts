import type { User } from '@parley/contract/people'

/** A user's columns as every query that shows a person selects them. */
export type UserColumns = { user_id: number; username: string; avatar_url: string | null }

export const userColumns = ['users.id as user_id', 'users.username', 'users.avatar_url'] as const

export function userOf(row: UserColumns): User {
  return { id: String(row.user_id), username: row.username, avatarURL: row.avatar_url }
}
