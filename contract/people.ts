import { Type, type Static } from 'typebox'
import { paths } from './paths.ts'
import { Id, Text } from './primitives.ts'
import { type Route, sentUsername, strict } from './route.ts'

export const User = Type.Object({
  id: Id,
  username: Text,
  avatarURL: Type.Union([Type.String(), Type.Null()])
})
export type User = Static<typeof User>

/** The signed-in user; `messageMaxLength` is the server's limit in code points, from the `Message-Max-Length` header. */
export type AuthUser = User & { readonly messageMaxLength?: number }

/** Search for users. */
export const peopleRoutes = {
  usernames: {
    method: 'GET',
    url: paths.usernames,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Lists up to 5 usernames that start with `search`, excluding yours',
      querystring: Type.Object({ search: sentUsername() }, strict),
      response: { 200: Type.Array(Type.String()) }
    }
  }
} as const satisfies Record<string, Route>
