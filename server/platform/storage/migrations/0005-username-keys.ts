import { usernameKey } from '@parley/contract/usernames'
import { sql, type Kysely } from 'kysely'
import type { Engine } from './columns.ts'

export const breaksOlder = [] as const
export const locks = [] as const

type Row = { id: number; username: string; username_key: string }

/**
 * Keys of names with `İ`, a final sigma or letters that change their form in lower case are computed again, so that every
 * spelling of the name finds them. A key that another user has taken stays unchanged: all users keep their names.
 */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const beyondAscii = sql.raw(
    engine === 'sqlite' ? "username_key GLOB '*[^ -~]*'" : "username_key ~ '[^ -~]'"
  )
  const { rows } = await sql<Row>`
    SELECT users.id, users.username, users.username_key FROM users WHERE ${beyondAscii} ORDER BY users.id
  `.execute(db)
  for (const { id, username, username_key: old } of rows) {
    const key = usernameKey(username)
    if (key === old) continue
    await sql`
      UPDATE users SET username_key = ${key}
      WHERE users.id = ${id} AND NOT EXISTS (SELECT 1 FROM users AS others WHERE others.username_key = ${key})
    `.execute(db)
  }
}
