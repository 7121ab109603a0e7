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

/** Who is signed in; `messageMaxLength` is the server's limit in code points, from the `Message-Max-Length` header. */
export type AuthUser = User & { readonly messageMaxLength?: number }

/** People. */
export const peopleRoutes = {
  usernames: {
    method: 'GET',
    url: paths.usernames,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Usernames that start so, without mine',
      querystring: Type.Object({ search: sentUsername() }, strict),
      response: { 200: Type.Array(Type.String()) }
    }
  }
} as const satisfies Record<string, Route>
