import type { FastifyRequest } from 'fastify'
import { Problem } from '@parley/contract/errors'
import { routes } from '@parley/contract/routes'
import type { Config } from '../../config.ts'
import { findPerson } from '../../domain/people.ts'
import type { RouteDeps, Server } from '../deps.ts'
import { provesOrigin } from '../origin.ts'
import { handOver } from '../session-cookie.ts'

const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?$/i

export function loginRoutes(server: Server, { config, store, sessions }: RouteDeps): void {
  server.route({
    ...routes.loginMethods,
    handler: async () => ({ github: config.github !== null, development: config.developmentLogin })
  })

  server.route({
    ...routes.login,
    onRequest: async (request) => requireDevelopment(request, config),
    handler: async (request, reply) => {
      const mode = request.query.session ?? 'token'
      if (mode === 'cookie' && !provesOrigin(request, config)) {
        throw new Problem('origin_mismatch', `Open Parley at ${config.origin}.`)
      }
      if (request.body.username.trim() === '') {
        throw new Problem('validation_failed', 'Say who you are.', { username: 'must not be empty' })
      }
      const authUser = await findPerson(store, request.body.username)
      const session = await sessions.start(Number(authUser.id))
      return { authUser, ...handOver(reply, config, session, mode) }
    }
  })
}

/**
 * The development login is for whoever sits at this machine. A request that a proxy passed on may come from anywhere,
 * and one for another host's name may be made by a page whose name was pointed at this machine.
 */
function requireDevelopment(request: FastifyRequest, config: Config): void {
  const forwarded = Object.keys(request.headers).some((name) => /^(forwarded|x-forwarded-.*)$/.test(name))
  if (config.developmentLogin && !forwarded && loopbackHost.test(request.host)) return
  throw new Problem('login_unavailable', 'The development login is for this machine alone.')
}
