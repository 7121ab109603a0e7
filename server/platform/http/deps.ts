import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault
} from 'fastify'
import type { Config } from '../../config.ts'
import type { startConversation } from '../../conversations/conversations.ts'
import type { Presence } from '../../presence/presence.ts'
import type { Sessions } from '../../sessions/sessions.ts'
import type { SendTyping } from '../../presence/typing.ts'
import type { Limits } from './rate-limits.ts'
import type { AnswerObserver } from './request-times.ts'
import type { Streams } from '../../event-log/routes.ts'

/** What the domain's functions take as their first argument; what is in it is not HTTP's business. */
export type Store = Parameters<typeof startConversation>[0]

/** What the server is made of. */
export type Deps = {
  config: Config
  store: Store
  sessions: Sessions
  hub: Streams
  sendTyping: SendTyping
  presence: Pick<Presence, 'list'>
  /** False while the server is not to get new requests. */
  ready: () => boolean
  /** Whether other nodes are heard; a node whose bus is degraded still does everything, some of it later. */
  busState: () => 'ok' | 'degraded'
  logger: FastifyBaseLogger
  onAnswered?: AnswerObserver | undefined
  /** Is there before any route. */
  describe?: ((server: Server) => Promise<void>) | undefined
}

/** What a group of routes is made with: the parts, and the rate limits. */
export type RouteDeps = Deps & { limits: Limits }

/** Fastify, with a handler's types taken from its route's schemas. */
export type Server = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
