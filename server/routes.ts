import { participantRoutes } from './conversations/participant-routes.ts'
import { conversationRoutes } from './conversations/routes.ts'
import { eventRoutes, type Streams } from './event-log/routes.ts'
import { messageChangeRoutes } from './messages/change-routes.ts'
import { messageRoutes } from './messages/routes.ts'
import { peopleRoutes } from './people/routes.ts'
import { personalStateRoutes } from './personal-state/routes.ts'
import type { HttpDeps, RouteDeps } from './platform/http/deps.ts'
import type { Server } from './platform/http/fastify-server.ts'
import { createServer } from './platform/http/server.ts'
import type { Presence } from './presence/presence.ts'
import { signalRoutes } from './presence/routes.ts'
import type { SendTyping } from './presence/typing.ts'
import { sessionRoutes } from './sessions/routes.ts'
import type { Sessions } from './sessions/sessions.ts'
import { oauthRoutes } from './sign-in/oauth-routes.ts'
import { loginRoutes } from './sign-in/routes.ts'
import type { Store } from './store.ts'

/** The parts that the routes of some noun need. */
type Parts = {
  store: Store
  sessions: Sessions
  hub: Streams
  sendTyping: SendTyping
  presence: Pick<Presence, 'list'>
}

/** The routes of every noun; each takes the parts that it needs. */
const routes: ((server: Server, deps: RouteDeps & Parts) => void)[] = [
  loginRoutes,
  sessionRoutes,
  oauthRoutes,
  peopleRoutes,
  conversationRoutes,
  participantRoutes,
  messageRoutes,
  messageChangeRoutes,
  signalRoutes,
  personalStateRoutes,
  eventRoutes
]

/** Returns the HTTP server with the routes of every noun; it does not listen yet. */
export function createApi(deps: HttpDeps & Parts): Promise<Server> {
  return createServer(deps, (server, limits) => {
    for (const add of routes) add(server, { ...deps, limits })
  })
}

export type ApiDeps = HttpDeps & Parts
