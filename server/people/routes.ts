import { routes } from '@parley/contract/routes'
import { usernameSuggestions } from '@parley/contract/limits'
import { fieldProblem } from '@parley/contract/problems'
import { typedUsernameKey } from '@parley/contract/usernames'
import { principalOf } from '../platform/http/auth.ts'
import type { Store } from '../store.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'

export function peopleRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  const { store } = deps

  server.route({
    ...routes.usernames,
    handler: async (request) => {
      const prefix = typedUsernameKey(request.query.search)
      if (prefix === '') throw fieldProblem('search', { code: 'required' })
      const viewerId = principalOf(request).userId
      return store.read('searchUsernames', { viewerId, prefix, limit: usernameSuggestions })
    }
  })
}
