import type { FastifyReply, FastifyRequest } from 'fastify'
import { fieldProblem, Problem } from '@parley/contract/problems'
import { routes } from '@parley/contract/routes'
import { pageSize } from '@parley/contract/limits'
import type { Conversation } from '@parley/contract/conversations'
import { renameConversation, startConversation, startGroup, type NewGroup } from './conversations.ts'
import { principalOf } from '../platform/http/auth.ts'
import type { Store } from '../store.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { parseId, parseOptionalId } from '../platform/http/ids.ts'
import { answerSnapshot } from '../platform/http/snapshot.ts'

export function conversationRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  const { store, limits } = deps

  async function getConversation(
    request: FastifyRequest<{ Params: { conversationId: string } }>,
    reply: FastifyReply
  ): Promise<Conversation> {
    const id = parseId(request.params.conversationId, 'conversation_not_found')
    const conversation = { viewerId: principalOf(request).userId, id }
    return found(answerSnapshot(reply, store, await store.snapshot('getConversation', conversation)))
  }

  server.route({
    ...routes.startConversation,
    handler: async (request, reply) => {
      const start = directOrGroup(request.body)
      const me = principalOf(request)
      if ('title' in start) {
        limits.take('group', request, reply)
        return reply.code(201).send(await startGroup(store, me, start))
      }
      const { conversation, created } = await startConversation(store, me, start.username)
      return reply.code(created ? 201 : 200).send(conversation)
    }
  })

  server.route({
    ...routes.conversations,
    handler: async (request, reply) => {
      const before = parseOptionalId(request.query.before, 'conversation_not_found')
      const page = { viewerId: principalOf(request).userId, before: before ?? null, limit: pageSize }
      return found(answerSnapshot(reply, store, await store.snapshot('listConversations', page)))
    }
  })

  server.route({
    ...routes.conversation,
    handler: async (request, reply) => {
      return getConversation(request, reply)
    }
  })

  server.route({
    ...routes.renameConversation,
    handler: async (request) => {
      const id = parseId(request.params.conversationId, 'conversation_not_found')
      return renameConversation(store, principalOf(request), id, request.body.title)
    }
  })

  server.route({
    ...routes.otherParticipant,
    handler: async (request, reply) => {
      const { otherParticipant } = await getConversation(request, reply)
      if (!otherParticipant) throw new Problem('participant_not_found', { reason: 'is_group' })
      return otherParticipant
    }
  })
}

/** The address is the same for both: the series' body names one person, a group's has a title and names. */
function directOrGroup(body: Partial<NewGroup> & { username?: string }): NewGroup | { username: string } {
  const { username, title, usernames, history } = body
  if (title === undefined && usernames === undefined && history === undefined) {
    if (username === undefined) throw missing('username')
    return { username }
  }
  if (username !== undefined) {
    throw fieldProblem('username', { code: 'conflicts_with', fields: ['title', 'usernames', 'history'] })
  }
  if (title === undefined) throw missing('title')
  if (usernames === undefined) throw missing('usernames')
  return { title, usernames, history }
}

function missing(field: string): Problem {
  return fieldProblem(field, { code: 'required' })
}

function found<Data>(data: Data | null): Data {
  if (data === null) throw new Problem('conversation_not_found')
  return data
}
