import { versionsListed } from '@parley/contract/limits'
import { routes } from '@parley/contract/routes'
import { emojiOf } from '@parley/contract/text/emoji'
import { fieldProblem } from '@parley/contract/problems'
import { accepted } from '../platform/storage/refusals.ts'
import { editMessage, type MessagePlace } from './edit-message.ts'
import { principalOf } from '../platform/http/auth.ts'
import type { Store } from '../store.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { parseId } from '../platform/http/ids.ts'

export function messageChangeRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  const { store, config } = deps
  const { messageMaxLength } = config

  server.route({
    ...routes.editMessage,
    handler: async (request) =>
      editMessage({ store, messageMaxLength }, principalOf(request), placeOf(request.params), request.body)
  })

  server.route({
    ...routes.deleteMessage,
    handler: async (request, reply) => {
      const input = { viewerId: principalOf(request).userId, ...placeOf(request.params), now: Date.now() }
      accepted(await store.write('deleteMessage', input))
      return reply.code(204).send(null)
    }
  })

  server.route({
    ...routes.messageVersions,
    handler: async (request) => {
      const place = placeOf(request.params)
      const input = { viewerId: principalOf(request).userId, ...place, limit: versionsListed }
      return accepted(await store.read('listVersions', input))
    }
  })

  server.route({
    ...routes.addReaction,
    handler: async (request, reply) => {
      const input = { viewerId: principalOf(request).userId, ...reactionOf(request.params), now: Date.now() }
      accepted(await store.write('addReaction', input))
      return reply.code(204).send(null)
    }
  })

  server.route({
    ...routes.removeReaction,
    handler: async (request, reply) => {
      const input = { viewerId: principalOf(request).userId, ...reactionOf(request.params), now: Date.now() }
      accepted(await store.write('removeReaction', input))
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

/** The emoji comes in its one form, so that a reaction is counted once. */
function reactionOf(params: { conversationId: string; messageId: string; emoji: string }) {
  const emoji = emojiOf(params.emoji)
  if (emoji === null) throw fieldProblem('emoji', { code: 'invalid_format', format: 'emoji' })
  return { ...placeOf(params), emoji }
}
