import { Type, type Static } from 'typebox'
import { paths } from './paths.ts'
import { Id, Time } from './primitives.ts'
import { type Route, conversationParams } from './route.ts'

export const Presence = Type.Object({
  userId: Id,
  online: Type.Boolean({ description: 'Whether they have a stream open, on any device' }),
  lastSeenAt: Type.Union([Time, Type.Null()], {
    description: 'When they went; null while they are online, and of somebody who was never seen'
  })
})

/** Whether somebody is here. */
export type Presence = Static<typeof Presence>

/** Typing and presence. */
export const presenceRoutes = {
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
