import { routes } from '@parley/contract/routes'
import { principalOf } from '../platform/http/auth.ts'
import type { Presence } from './presence.ts'
import type { SendTyping } from './typing.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { parseId } from '../platform/http/ids.ts'

export function signalRoutes(
  server: Server,
  deps: RouteDeps & {
    sendTyping: SendTyping
    presence: Pick<Presence, 'list'>
  }
): void {
  server.route({
    ...routes.typing,
    handler: async (request, reply) => {
      const id = parseId(request.params.conversationId, 'conversation_not_found')
      await deps.sendTyping(principalOf(request), id)
      return reply.code(204).send(null)
    }
  })

  server.route({
    ...routes.presence,
    handler: (request) => deps.presence.list(principalOf(request))
  })
}
