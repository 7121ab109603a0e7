import { routes } from '@parley/contract/routes'
import {
  getConversation,
  getOtherParticipant,
  listConversations,
  startConversation
} from '../../domain/conversations.ts'
import { createAuthenticate, principalOf } from '../auth.ts'
import type { Deps, Server } from '../deps.ts'
import { parseId, parseOptionalId } from '../ids.ts'
import { unwrap } from '../snapshot.ts'

export function conversationRoutes(server: Server, deps: Deps): void {
  const { store } = deps
  const onRequest = createAuthenticate(deps)

  server.route({
    ...routes.startConversation,
    onRequest,
    handler: async (request, reply) => {
      const { conversation, created } = await startConversation(
        store,
        principalOf(request),
        request.body.username
      )
      return reply.code(created ? 201 : 200).send(conversation)
    }
  })

  server.route({
    ...routes.conversations,
    onRequest,
    handler: async (request, reply) => {
      const before = parseOptionalId(request.query.before, 'conversation_not_found')
      return unwrap(reply, await listConversations(store, principalOf(request), before))
    }
  })

  server.route({
    ...routes.conversation,
    onRequest,
    handler: async (request, reply) => {
      const id = parseId(request.params.conversationId, 'conversation_not_found')
      return unwrap(reply, await getConversation(store, principalOf(request), id))
    }
  })

  server.route({
    ...routes.otherParticipant,
    onRequest,
    handler: async (request, reply) => {
      const id = parseId(request.params.conversationId, 'conversation_not_found')
      return unwrap(reply, await getOtherParticipant(store, principalOf(request), id))
    }
  })
}
