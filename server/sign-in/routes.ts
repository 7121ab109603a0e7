import { fieldProblem, Problem } from '@parley/contract/problems'
import { routes } from '@parley/contract/routes'
import { typedUsernameKey } from '@parley/contract/usernames'
import { findPerson } from '../people/people.ts'
import type { Store } from '../store.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { requireDevelopment } from './development-login.ts'
import { provesOrigin } from '../platform/http/origin.ts'
import { signIn } from './sign-in.ts'

export function loginRoutes(server: Server, deps: RouteDeps & { store: Store; sessions: Sessions }): void {
  const { config, store } = deps

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
        throw new Problem('origin_mismatch', { origin: config.origin })
      }
      if (typedUsernameKey(request.body.username) === '') {
        throw fieldProblem('username', { code: 'required' })
      }
      const authUser = await findPerson(store, request.body.username)
      return { authUser, ...(await signIn(request, reply, deps, { userId: Number(authUser.id), mode })) }
    }
  })
}
