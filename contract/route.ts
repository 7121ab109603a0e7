import { Type, type TSchema } from 'typebox'
import type { ServerRole } from './primitives.ts'
import type { PublicRate, RouteRate } from './rate-limits.ts'
import { bodyMaxBytes, idMaxLength, typedTitleMaxLength, typedUsernameMaxLength } from './limits.ts'

/** Who may call a route: anyone, any signed-in user, or users with a server role, which includes the roles below it. */
export type RouteAccess = 'public' | 'user' | Exclude<ServerRole, 'member'>

/** A route's request and response. The handler, not the schema, answers 404 to `params` that are not ids. */
export type Route = Admission & {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  url: string
  /** Also reads the token from `?token=`, for EventSource, which cannot set headers. */
  tokenInQuery?: true
  schema: {
    summary: string
    params?: TSchema
    querystring?: TSchema
    headers?: TSchema
    body?: TSchema
    response?: Record<number, TSchema>
  }
}

/** Who may call a route, and how often. Without a session, requests can be counted by address only. */
type Admission =
  | { access: 'public'; rate: PublicRate }
  | { access: Exclude<RouteAccess, 'public'>; rate: Exclude<RouteRate, 'none'> }

/** Rejects unknown fields. */
export const strict = { additionalProperties: false }

/** A path parameter. */
export const Param = Type.String({ maxLength: idMaxLength })

/** An id in a body or a query. */
export const sentId = (description?: string) =>
  Type.String({ maxLength: idMaxLength, ...(description && { description }) })

/** A username as a user types it, with or without an `@`. */
export const sentUsername = (description?: string) =>
  Type.String({ format: 'text', maxLength: typedUsernameMaxLength, ...(description && { description }) })

/** A group's title as a user types it. */
export const sentTitle = (description?: string) =>
  Type.String({ format: 'text', maxLength: typedTitleMaxLength, ...(description && { description }) })

/** A message as a user types it. `PARLEY_MESSAGE_MAX_LENGTH` limits its length after trimming. */
export const sentContent = (description?: string) =>
  Type.String({ format: 'text', maxLength: bodyMaxBytes, ...(description && { description }) })

export const conversationParams = Type.Object({ conversationId: Param })
