import type { User } from '@parley/contract/people'
import type { ServerRole } from '@parley/contract/primitives'

/**
 * The authenticated caller and their session. `expiresAt` and `lastUsedAt` are ms. `familyId` is the session's public id,
 * which stays the same when its token is refreshed.
 */
export type Principal = {
  sessionId: number
  familyId: string
  userId: number
  user: User
  role: ServerRole
  expiresAt: number
  lastUsedAt: number
}
