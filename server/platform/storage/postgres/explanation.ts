import { DatabaseError } from 'pg'
import { UnfitSchema } from '../migrations/schema-state.ts'
import { UnfitPostgres } from './failures.ts'

/** Returns why a database cannot be used, in one line for its administrator, without the password. */
export function explain(error: unknown, url: string): Error {
  const { hostname, port, pathname, username, searchParams } = new URL(url)
  const server = `Postgres at ${searchParams.get('host') ?? hostname}:${port || 5432}`
  const database = decodeURIComponent(pathname.slice(1))
  const user = decodeURIComponent(username)
  if (error instanceof UnfitPostgres || error instanceof UnfitSchema || !(error instanceof Error))
    return error as Error
  const said = error.message.replace(/\s+/g, ' ')
  if (/^SASL|password must be/.test(error.message)) {
    return new Error(`${server} does not let "${user}" in: it asks for a password; see DATABASE_URL`)
  }
  if (!(error instanceof DatabaseError)) {
    return 'syscall' in error || /^(Connection|timeout)/.test(error.message)
      ? new Error(`${server} does not answer: ${said || String((error as NodeJS.ErrnoException).code)}`)
      : error
  }
  switch (error.code) {
    case '28P01':
    case '28000':
      return new Error(`${server} does not let "${user}" in: ${said}; see DATABASE_URL`)
    case '3D000':
      return new Error(`${server} has no database "${database}"; make it: CREATE DATABASE ${database}`)
    case '42501':
      return new Error(`"${user}" may not change the database "${database}" (${said}); make it its owner`)
    default:
      return new Error(`${server} says: ${said} (${error.code})`)
  }
}
