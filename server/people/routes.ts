import { routes } from '@parley/contract/routes'
import { searchUsernames } from './people.ts'
import { createAuthenticate, principalOf } from '../platform/http/auth.ts'
import type { Store } from '../store.ts'
import type { RouteDeps, Server } from '../platform/http/deps.ts'

export function peopleRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  server.route({
    ...routes.usernames,
    onRequest: createAuthenticate(deps),
    handler: (request) => searchUsernames(deps.store, principalOf(request), request.query.search)
  })
}
