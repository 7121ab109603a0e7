import type { Server } from './fastify-server.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** By `performance.now()`. */
    begunAt: number
  }
}

/** Called when a response is written, with the route's pattern (`web` if no route matches) and the duration in ms. */
export type AnswerObserver = (method: string, route: string, status: number, ms: number) => void

/** Tells `observe` of every request but those that became event streams. */
export function timeRequests(server: Server, observe: AnswerObserver): void {
  server.decorateRequest('begunAt', 0)
  server.addHook('onRequest', (request, _reply, done) => {
    request.begunAt = performance.now()
    done()
  })
  server.addHook('onSend', (request, reply, payload, done) => {
    const ms = performance.now() - request.begunAt
    if (!request.is404) observe(request.method, request.routeOptions.url!, reply.statusCode, ms)
    // Unmatched requests may have any method, which must not add metrics.
    else observe('any', 'web', reply.statusCode, ms)
    done(null, payload)
  })
}
