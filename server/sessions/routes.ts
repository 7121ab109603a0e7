import { routes } from '@parley/contract/routes'
import { callerOf, principalOf } from '../platform/http/auth.ts'
import type { Sessions } from './sessions.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { forgetCookie, handOver, sessionCookie } from '../platform/http/session-cookie.ts'

export function sessionRoutes(server: Server, deps: RouteDeps & { sessions: Sessions }): void {
  const { config, sessions } = deps

  server.route({
    ...routes.logout,
    handler: async (request, reply) => {
      const { userId, familyId: sessionId } = principalOf(request)
      await sessions.end(principalOf(request))
      request.server.reports?.signedOut(request, { userId, sessionId })
      forgetCookie(reply, sessionCookie(config))
      return reply.code(204).send(null)
    }
  })

  server.route({
    ...routes.authUser,
    handler: async (request, reply) => {
      // The composer holds to the limit that the server holds to.
      reply.header('message-max-length', config.messageMaxLength)
      return principalOf(request).user
    }
  })

  server.route({
    ...routes.refreshToken,
    // Here alone a token that was superseded long ago means that two clients hold one session.
    onRefusedToken: (token) => sessions.endReused(token),
    handler: async (request, reply) => {
      const { principal, token, by } = callerOf(request)
      const mode = by === 'cookie' ? 'cookie' : 'token'
      return handOver(reply, config, await sessions.refresh(principal, token), mode)
    }
  })
}
