import { Type, type Static } from 'typebox'
import { paths } from './paths.ts'
import { Id, Time } from './primitives.ts'
import { type Route, conversationParams } from './route.ts'

export const Presence = Type.Object({
  userId: Id,
  online: Type.Boolean({ description: 'True while the user has an open event stream on any device' }),
  lastSeenAt: Type.Union([Time, Type.Null()], {
    description: 'When the user went offline; null while they are online, and if they were never online'
  })
})

/** A user's presence. */
export type Presence = Static<typeof Presence>

/** Typing and presence. */
export const presenceRoutes = {
  typing: {
    method: 'POST',
    url: paths.typing,
    access: 'user',
    rate: 'typing',
    schema: {
      summary: 'Signals that you are typing to the other online members; the signal expires by itself',
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
      summary:
        'Lists the presence of your contacts: members of shared conversations with at most 100 members',
      response: { 200: Type.Array(Presence) }
    }
  }
} as const satisfies Record<string, Route>
