import { routes } from '@parley/contract/routes'
import { deleteMessage, editMessage, listVersions, type MessagePlace } from './message-changes.ts'
import { addReaction, removeReaction } from './reactions.ts'
import { createAuthenticate, principalOf } from '../platform/http/auth.ts'
import type { Store } from '../store.ts'
import type { RouteDeps, Server } from '../platform/http/deps.ts'
import { parseId } from '../platform/http/ids.ts'

export function messageChangeRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  const { store, config } = deps
  const { messageMaxLength } = config
  const onRequest = createAuthenticate(deps)

  server.route({
    ...routes.editMessage,
    onRequest,
    handler: async (request) =>
      editMessage({ store, messageMaxLength }, principalOf(request), placeOf(request.params), request.body)
  })

  server.route({
    ...routes.deleteMessage,
    onRequest,
    handler: async (request, reply) => {
      await deleteMessage(store, principalOf(request), placeOf(request.params))
      return reply.code(204).send(null)
    }
  })

  server.route({
    ...routes.messageVersions,
    onRequest,
    handler: async (request) => listVersions(store, principalOf(request), placeOf(request.params))
  })

  server.route({
    ...routes.addReaction,
    onRequest,
    handler: async (request, reply) => {
      await addReaction(store, principalOf(request), reactionOf(request.params))
      return reply.code(204).send(null)
    }
  })

  server.route({
    ...routes.removeReaction,
    onRequest,
    handler: async (request, reply) => {
      await removeReaction(store, principalOf(request), reactionOf(request.params))
      return reply.code(204).send(null)
    }
  })
}

function placeOf(params: { conversationId: string; messageId: string }): MessagePlace {
  return {
    conversationId: parseId(params.conversationId, 'conversation_not_found'),
    messageId: parseId(params.messageId, 'message_not_found')
  }
}

function reactionOf(params: { conversationId: string; messageId: string; emoji: string }) {
  return { ...placeOf(params), emoji: params.emoji }
}
