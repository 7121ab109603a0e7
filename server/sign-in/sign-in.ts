import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookiePrincipal } from '../platform/http/auth.ts'
import type { Config } from '../config.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { deviceOf } from '../platform/http/device.ts'
import { handOver, type SessionMode } from '../platform/http/session-cookie.ts'

/**
 * Starts a session for an authenticated user and returns it to the client. A browser's cookie holds one session: the previous one
 * ends. Throws `account_disabled`.
 */
export async function signIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, sessions }: { config: Config; sessions: Sessions },
  { userId, mode }: { userId: number; mode: SessionMode }
): Promise<{ token?: string; expiresAt: string }> {
  const previous = mode === 'cookie' ? await cookiePrincipal(request, { config, sessions }) : null
  const session = await sessions.start(userId, deviceOf(request))
  if (previous) await sessions.end(previous)
  request.server.reports?.signedIn(request, { userId, sessionId: session.familyId })
  return handOver(reply, config, session, mode)
}
