import { parseCursor } from '@parley/contract/cursor'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '@parley/contract/problems'
import { routes } from '@parley/contract/routes'
import type { Hub } from '../platform/realtime/hub.ts'
import { answerProblem, logFault, toProblem } from '../platform/http/problems.ts'
import { callerOf, principalOf } from '../platform/http/auth.ts'
import { isForeign } from '../platform/http/origin.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { endRequests } from '../platform/http/connections.ts'
import { accepts } from '../platform/http/media-types.ts'
import { takeSocket } from '../platform/http/taken-socket.ts'

/** What this room knows of the hub. */
export type Streams = Pick<Hub, 'turn' | 'open'>

export function eventRoutes(server: Server, deps: RouteDeps & { hub: Streams }): void {
  server.route({
    ...routes.events,
    // A HEAD request would open a stream without a reader.
    exposeHeadRoute: false,
    onRequest: () => deps.hub.turn(),
    errorHandler: refuse,
    handler: async (request, reply) => {
      // A stream shows its person as online: another site's page must not open one.
      if (callerOf(request).by === 'cookie' && isForeign(request, deps.config)) {
        throw new Problem('origin_mismatch', { origin: deps.config.origin })
      }
      const { accept, 'last-event-id': lastEventId } = request.headers
      if (!accepts(accept, 'text/event-stream')) {
        throw new Problem('not_acceptable')
      }
      // A polyfill repeats its first address, `?after=` too, and adds where it is now.
      const { lastEventId: repeated, after: first } = request.query
      const after = lastEventId?.toString() || repeated || (first ?? null)
      if (after !== null && !parseCursor(after)) {
        throw new Problem('cursor_invalid')
      }
      if (!endRequests(request.raw, reply.raw)) {
        reply.header('connection', 'close')
        throw new Problem('malformed_request', { reason: 'request_follows' })
      }
      const { userId, sessionId, expiresAt } = principalOf(request)
      // From here on the socket is the hub's: one write a wake, past Node's and Fastify's response.
      reply.hijack()
      const socket = takeSocket(request.raw, reply.raw)
      try {
        await deps.hub.open(socket, { userId, sessionId, expiresAt, after })
      } catch (error) {
        logFault(request, error, 'a stream was not opened')
        socket.destroy()
      }
    }
  })
}

/**
 * A browser's EventSource gives up for good on any status but 200. A temporary refusal is therefore sent on a stream that ends
 * at once and asks the client to reconnect; other refusals keep their status.
 */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error)
  const passes = problem.status >= 500 || problem.status === 429
  if (!passes || !accepts(request.headers.accept, 'text/event-stream')) {
    answerProblem(error, request, reply)
    return
  }
  request.server.reports?.refused(request, problem)
  if (problem.code === 'internal') logFault(request, error, 'a stream was not opened')
  const retryMs = Math.round(1_000 * (Number(reply.getHeader('retry-after') ?? 1) + Math.random()))
  reply
    .code(200)
    .header('cache-control', 'no-store, no-transform')
    .header('content-type', 'text/event-stream')
    .header('connection', 'close')
    .send(`retry: ${retryMs}\nevent: refused\ndata: ${JSON.stringify({ code: problem.code })}\n\n`)
}
