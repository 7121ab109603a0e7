import { routes } from '@parley/contract/routes'
import { searchUsernames } from '../../domain/people.ts'
import { createAuthenticate, principalOf } from '../auth.ts'
import type { RouteDeps, Server } from '../deps.ts'

export function peopleRoutes(server: Server, deps: RouteDeps): void {
  server.route({
    ...routes.usernames,
    onRequest: createAuthenticate(deps),
    handler: (request) => searchUsernames(deps.store, principalOf(request), request.query.search)
  })
}
