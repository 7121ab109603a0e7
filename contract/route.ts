import { Type, type TSchema } from 'typebox'
import type { ServerRole } from './primitives.ts'
import type { PublicRate, RouteRate } from './rate-limits.ts'
import { bodyMaxBytes, idMaxLength, typedTitleMaxLength, typedUsernameMaxLength } from './limits.ts'

/** Who may call a route: anyone, any signed-in user, or users with a server role, which includes the roles below it. */
export type RouteAccess = 'public' | 'user' | Exclude<ServerRole, 'member'>

/** What a route takes and gives. `params` that are no ids are answered 404 by the handler, not by the schema. */
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

/** No field that is not known. */
export const strict = { additionalProperties: false }

/** A part of an address. */
export const Param = Type.String({ maxLength: idMaxLength })

/** An id in a body or a query. */
export const sentId = (description?: string) =>
  Type.String({ maxLength: idMaxLength, ...(description && { description }) })

/** A username as it is typed, with or without an `@`. */
export const sentUsername = (description?: string) =>
  Type.String({ format: 'text', maxLength: typedUsernameMaxLength, ...(description && { description }) })

/** A group's title as it is typed. */
export const sentTitle = (description?: string) =>
  Type.String({ format: 'text', maxLength: typedTitleMaxLength, ...(description && { description }) })

/** A message as it is typed. The setting `PARLEY_MESSAGE_MAX_LENGTH` says how long it may be once trimmed. */
export const sentContent = (description?: string) =>
  Type.String({ format: 'text', maxLength: bodyMaxBytes, ...(description && { description }) })

export const conversationParams = Type.Object({ conversationId: Param })
