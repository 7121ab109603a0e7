import { routes } from '@parley/contract/routes'
import { searchUsernames } from '../../domain/people.ts'
import { createAuthenticate, principalOf } from '../auth.ts'
import type { Deps, Server } from '../deps.ts'

export function peopleRoutes(server: Server, deps: Deps): void {
  server.route({
    ...routes.usernames,
    onRequest: createAuthenticate(deps),
    handler: (request) => searchUsernames(deps.store, principalOf(request), request.query.search)
  })
}
