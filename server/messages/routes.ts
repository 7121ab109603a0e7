import { fieldProblem } from '@parley/contract/problems'
import { routes, type SendMessageBody } from '@parley/contract/routes'
import { sendMessage } from './messages.ts'
import { markedAside } from './read-marks.ts'
import { pageSize } from '@parley/contract/limits'
import { accepted } from '../platform/storage/refusals.ts'
import { createThrottle } from '../platform/throttle.ts'
import { isTrusted, principalOf } from '../platform/http/auth.ts'
import type { Principal } from '../platform/principal.ts'
import type { Store } from '../store.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { sendJson } from '../platform/http/encoded.ts'
import { parseId, parseOptionalId } from '../platform/http/ids.ts'
import { answerSnapshot } from '../platform/http/snapshot.ts'

/** How often a line says that read marks cannot be written. */
const logEveryMs = 10_000

export function messageRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  const { store, config } = deps
  const { messageMaxLength } = config
  const mayLog = createThrottle(logEveryMs)

  server.route({
    ...routes.sendMessage,
    handler: async (request, reply) => {
      const conversationId = parseId(request.params.conversationId, 'conversation_not_found')
      const key = oneKey(request.body.clientId, request.headers['idempotency-key'])
      const message = await sendMessage({ store, messageMaxLength }, principalOf(request), {
        conversationId,
        key,
        ...writtenOrForwarded(request.body)
      })
      return sendJson(reply.code(201), message)
    }
  })

  server.route({
    ...routes.messages,
    handler: async (request, reply) => {
      const me = principalOf(request)
      const id = parseId(request.params.conversationId, 'conversation_not_found')
      const before = parseOptionalId(request.query.before, 'message_not_found')
      const page = { viewerId: me.userId, conversationId: id, before: before ?? null, limit: pageSize }
      const { messages, readUpTo } = answerSnapshot(reply, store, await store.snapshot('listMessages', page))
      const newest = messages[0]
      // In the series reading marks read. A page of another site must not do it by pointing an image here.
      const marks = request.method === 'GET' && before === undefined && request.query.peek === undefined
      // Read already: the writer is not asked to change nothing.
      if (newest && newest.position > readUpTo && marks && isTrusted(request, config)) {
        await markedAside(markRead(store, me, id, Number(newest.id)), (error) => {
          if (mayLog('mark')) request.log.warn({ reason: String(error) }, 'a read mark was not written')
        })
      }
      return messages
    }
  })

  server.route({
    ...routes.readMessages,
    // The series sends no body at all: then everything is read.
    preValidation: async (request) => {
      request.body ??= {}
    },
    handler: async (request, reply) => {
      const id = parseId(request.params.conversationId, 'conversation_not_found')
      const upTo = parseOptionalId(request.body?.upTo, 'message_not_found')
      await markRead(store, principalOf(request), id, upTo)
      return reply.code(204).send(null)
    }
  })
}

/** Never moves the mark backwards; without `upTo` it goes to the newest message. */
async function markRead(store: Store, me: Principal, conversationId: number, upTo?: number): Promise<void> {
  const mark = { viewerId: me.userId, conversationId, upTo: upTo ?? null, now: Date.now() }
  accepted(await store.write('markRead', mark))
}

/** A message is written, perhaps in answer to one, or is one that is passed on as it is. */
function writtenOrForwarded({ content, replyTo, forwardOf }: SendMessageBody) {
  if (forwardOf === undefined) {
    if (content === undefined) throw fieldProblem('content', { code: 'required' })
    return { content, replyTo: parseOptionalId(replyTo, 'message_not_found') }
  }
  const conflict = { code: 'conflicts_with', fields: ['forwardOf'] } as const
  if (content !== undefined) throw fieldProblem('content', conflict)
  if (replyTo !== undefined) throw fieldProblem('replyTo', conflict)
  return { forwardOf: parseId(forwardOf, 'message_not_found') }
}

/** A client names its message in the body or in the header: one namespace. */
function oneKey(clientId: string | undefined, header: string | undefined): string | undefined {
  if (clientId === undefined || header === undefined || clientId === header) return clientId ?? header
  throw fieldProblem('clientId', { code: 'must_match_header', header: 'Idempotency-Key' })
}
