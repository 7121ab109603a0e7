import cookie from '@fastify/cookie'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { bodyMaxBytes, idMaxLength } from '@parley/contract/limits'
import fastify, { LogController, type FastifyBaseLogger } from 'fastify'
import type { RequestListener } from 'node:http'
import { authenticateRoutes, requireRoles } from './access.ts'
import { readJsonBodies } from './body.ts'
import { createAddressOf } from './client-address.ts'
import { compressAnswers } from './compression.ts'
import type { HttpDeps } from './deps.ts'
import type { Server } from './fastify-server.ts'
import { healthRoutes } from './health.ts'
import { closeConnectionsWith, createListener, listenOnBothLoopbacks } from './listener.ts'
import { refuseUnknown } from './methods.ts'
import { pathOf } from './path.ts'
import { answerProblem } from './problems.ts'
import { dropQuirks } from './quirks.ts'
import { createLimits, limitRoutes, type Limits } from './rate-limits.ts'
import { createReports } from './reports.ts'
import { timeRequests } from './request-times.ts'
import { openapiRoutes } from './openapi-route.ts'
import { securityHeaders } from './security-headers.ts'
import { ajvOptions } from './validation.ts'
import { serveWebApp } from './web-app.ts'

/** Returns the HTTP server with the routes that `addRoutes` adds and those of the platform; it does not listen yet. */
export async function createServer(
  deps: HttpDeps,
  addRoutes: (server: Server, limits: Limits) => void
): Promise<Server> {
  const headers = { 'cache-control': 'no-store', ...securityHeaders(deps.config) }
  let handle: RequestListener
  const server: Server = fastify({
    // With a logger it makes a child of it for every request.
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handler) => createListener((handle = handler), headers),
    // The listener answers what is not HTTP.
    clientErrorHandler: () => {},
    bodyLimit: bodyMaxBytes,
    // Requests that come while the server stops are still answered; new connections are not taken.
    return503OnClosing: false,
    routerOptions: { maxParamLength: idMaxLength },
    ajv: { customOptions: ajvOptions },
    // On small objects plain JSON is faster than compiled serializers, and leaves nothing out; those are not even loaded.
    schemaController: { compilersFactory: { buildSerializer: () => () => (data) => JSON.stringify(data) } },
    // No hook has run.
    frameworkErrors: (error, request, reply) => {
      answerProblem(error, request, reply.headers(headers))
    }
  }).withTypeProvider<TypeBoxTypeProvider>()
  Object.assign(server.log, ownWords(deps))
  // The streams took the first half.
  const closingMs = deps.config.drainMs / 2
  closeConnectionsWith(server, closingMs)
  if (deps.config.host === 'localhost') {
    listenOnBothLoopbacks(server, () => createListener(handle, headers), closingMs)
  }

  server.setErrorHandler(answerProblem)
  if (deps.onAnswered) timeRequests(server, deps.onAnswered)
  server.decorateRequest('caller', null)
  server.addHook('onRequest', (request, reply, done) => {
    dropQuirks(request)
    reply.headers(headers)
    done()
  })
  if (deps.logger.level === 'debug' || deps.logger.level === 'trace') {
    server.addHook('onResponse', async (request, reply) => {
      const ms = Math.round(reply.elapsedTime)
      const line = { reqId: request.id, ...requestLine(request), status: reply.statusCode, ms }
      request.log.debug(line, 'answered')
    })
  }

  compressAnswers(server)
  readJsonBodies(server)
  refuseUnknown(server)
  const addressOf = createAddressOf(deps)
  server.decorate('reports', createReports(deps.logger, addressOf))
  const limits = createLimits(deps.config.rateLimits, addressOf)
  // Each adds a hook to every route, in this order: a refusal for its role counts as a request.
  authenticateRoutes(server, { ...deps, limits })
  limitRoutes(server, limits)
  requireRoles(server)
  await server.register(cookie, { secret: deps.store.cookieSecret, hook: false })
  await deps.describe?.(server)
  addRoutes(server, limits)
  healthRoutes(server, deps)
  openapiRoutes(server)
  await serveWebApp(server)
  return server
}

/** Returns Fastify's log methods, bound to our logger. `info` is left out: main logs the address itself. */
function ownWords({ logger }: HttpDeps): Partial<FastifyBaseLogger> {
  const own = logger.child({}, { serializers: { req: requestLine } })
  return Object.fromEntries(
    (['fatal', 'error', 'warn', 'debug', 'trace'] as const).map((level) => [level, own[level].bind(own)])
  )
}

/** What a log line may say of a request: never its query, which may hold a token. */
function requestLine(request: { method: string; url: string }): { method: string; path: string } {
  // Nor what looks like one: `;` and an encoded `?` belong to the path.
  return { method: request.method, path: pathOf(request.url).split(/;|%3[bf]/i, 1)[0]! }
}
