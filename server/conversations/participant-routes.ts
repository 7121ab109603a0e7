import { routes } from '@parley/contract/routes'
import { participantsPageSize } from '@parley/contract/limits'
import { addParticipant } from './conversations.ts'
import { accepted } from '../platform/storage/refusals.ts'
import { principalOf } from '../platform/http/auth.ts'
import type { Store } from '../store.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { parseId, parseOptionalId } from '../platform/http/ids.ts'
import { answerSnapshot } from '../platform/http/snapshot.ts'

export function participantRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  const { store } = deps

  server.route({
    ...routes.participants,
    handler: async (request, reply) => {
      const id = parseId(request.params.conversationId, 'conversation_not_found')
      const after = parseOptionalId(request.query.after, 'participant_not_found')
      const page = {
        viewerId: principalOf(request).userId,
        conversationId: id,
        after: after ?? null,
        limit: participantsPageSize
      }
      return answerSnapshot(reply, store, await store.snapshot('listParticipants', page))
    }
  })

  server.route({
    ...routes.addParticipant,
    handler: async (request, reply) => {
      const conversationId = parseId(request.params.conversationId, 'conversation_not_found')
      const added = await addParticipant(store, principalOf(request), { conversationId, ...request.body })
      return reply.code(added.added ? 201 : 200).send(added.participant)
    }
  })

  server.route({
    ...routes.changeRole,
    handler: async (request) => {
      const { role } = request.body
      const input = { viewerId: principalOf(request).userId, ...idsOf(request.params), role, now: Date.now() }
      return accepted(await store.write('changeRole', input))
    }
  })

  server.route({
    ...routes.removeParticipant,
    handler: async (request, reply) => {
      const input = { viewerId: principalOf(request).userId, ...idsOf(request.params), now: Date.now() }
      accepted(await store.write('removeParticipant', input))
      return reply.code(204).send(null)
    }
  })
}

function idsOf(params: { conversationId: string; userId: string }) {
  return {
    conversationId: parseId(params.conversationId, 'conversation_not_found'),
    userId: parseId(params.userId, 'participant_not_found')
  }
}
