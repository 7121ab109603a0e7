import { Type } from 'typebox'
import { Presence } from './entities.ts'
import { paths } from './paths.ts'
import { conversationParams, type Route } from './route.ts'

/** What passes: who is writing, who is here. The stream tells of it as it happens. */
export const signalRoutes = {
  typing: {
    method: 'POST',
    url: paths.typing,
    access: 'user',
    rate: 'typing',
    schema: {
      summary: 'Says that I am writing, to the others who have a stream open; it passes by itself',
      params: conversationParams,
      response: { 204: Type.Null() }
    }
  },
  presence: {
    method: 'GET',
    url: paths.presence,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Of everybody whom I share a conversation with, of up to 100 people: whether they are here',
      response: { 200: Type.Array(Presence) }
    }
  }
} as const satisfies Record<string, Route>
