import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../../config.ts'
import type { Principal } from '../principal.ts'
import type { EventLog } from '../storage/event-log.ts'
import type { Server } from './fastify-server.ts'
import type { Limits } from './rate-limits.ts'
import type { AnswerObserver } from './request-times.ts'

/** Finds who a token belongs to; null when it is unknown, expired or revoked. */
export type Authenticator = {
  /** `beforeLookup` runs before storage is asked, and may throw. */
  authenticate(token: string, beforeLookup?: () => void): Principal | null | Promise<Principal | null>
}

/** What the HTTP server needs; it knows no noun. */
export type HttpDeps = {
  config: Config
  sessions: Authenticator
  store: { readonly cookieSecret: string; readonly events: Pick<EventLog, 'bounds'> }
  /** False while the server is not to get new requests. */
  ready: () => boolean
  /** `degraded` while other nodes are unreachable; a node then still does everything, some of it later. */
  busState: () => 'ok' | 'degraded'
  logger: FastifyBaseLogger
  onAnswered?: AnswerObserver | undefined
  /** Called before any route is added. */
  describe?: ((server: Server) => Promise<void>) | undefined
}

/** What every group of routes gets. */
export type RouteDeps = { config: Config; limits: Limits }
