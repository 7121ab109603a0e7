import { Type, type Static } from 'typebox'
import { paths } from './paths.ts'
import { User } from './people.ts'
import { Time } from './primitives.ts'
import { type Route } from './route.ts'

export const Token = Type.Object({
  token: Type.Optional(Type.String({ description: 'Absent in cookie mode' })),
  expiresAt: Time
})
export type Token = Static<typeof Token>

/** The caller's session. */
export const sessionRoutes = {
  logout: {
    method: 'POST',
    url: paths.logout,
    access: 'user',
    rate: 'change',
    schema: { summary: 'Ends the session and its streams', response: { 204: Type.Null() } }
  },
  authUser: {
    method: 'GET',
    url: paths.authUser,
    access: 'user',
    rate: 'read',
    schema: { summary: 'Returns the signed-in user', response: { 200: User } }
  },
  refreshToken: {
    method: 'POST',
    url: paths.refreshToken,
    access: 'user',
    rate: 'refresh',
    schema: {
      summary: 'Returns a new token; the old one ends when the new one is first used',
      response: { 200: Token }
    }
  }
} as const satisfies Record<string, Route>
