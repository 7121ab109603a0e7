import { Type, type TSchema } from 'typebox'
import type { RouteRate } from './rate-limits.ts'

/** What a route takes and gives. `params` that are no ids are answered 404 by the handler, not by the schema. */
export type Route = {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  url: string
  /** How often it may be asked. */
  rate: RouteRate
  schema: {
    summary: string
    params?: TSchema
    querystring?: TSchema
    headers?: TSchema
    body?: TSchema
    response?: Record<number, TSchema>
  }
}

/** No field that is not known. */
export const strict = { additionalProperties: false }

export const conversationParams = Type.Object({ conversationId: Type.String() })
