import { Type } from 'typebox'
import { Login, LoginMethods, Token, User } from './entities.ts'
import { tokenMaxLength } from './limits.ts'
import { paths } from './paths.ts'
import { returnPathMaxLength } from './return-path.ts'
import { sentUsername, strict, type Route } from './route.ts'

const sessionMode = Type.Object(
  {
    session: Type.Optional(Type.Literal('cookie', { description: 'An HttpOnly cookie instead of a token' }))
  },
  strict
)

const signInStart = Type.Object(
  {
    ...sessionMode.properties,
    return_to: Type.Optional(
      Type.String({
        maxLength: returnPathMaxLength,
        description: 'The path of the app to come back to; `/callback` gets it again',
        examples: ['/conversations/1']
      })
    )
  },
  strict
)

/** Who am I, and since when. */
export const sessionRoutes = {
  login: {
    method: 'POST',
    url: paths.login,
    access: 'public',
    rate: 'signIn',
    schema: {
      summary: 'Development login; only on localhost',
      querystring: sessionMode,
      body: Type.Object({ username: sentUsername() }, strict),
      response: { 200: Login }
    }
  },
  loginMethods: {
    method: 'GET',
    url: paths.loginMethods,
    access: 'public',
    rate: 'public',
    schema: { summary: 'Which ways to sign in there are', response: { 200: LoginMethods } }
  },
  logout: {
    method: 'POST',
    url: paths.logout,
    access: 'user',
    rate: 'change',
    schema: { summary: 'Ends the session and its streams', response: { 204: Type.Null() } }
  },
  oauthGithub: {
    method: 'GET',
    url: paths.oauthGithub,
    access: 'public',
    rate: 'signIn',
    schema: { summary: "Starts GitHub's OAuth", querystring: signInStart, response: { 307: Type.Null() } }
  },
  oauthGithubCallback: {
    method: 'GET',
    url: paths.oauthGithubCallback,
    access: 'public',
    rate: 'signIn',
    schema: {
      summary: "Ends GitHub's OAuth with a session",
      // Providers add parameters of their own.
      querystring: Type.Object(
        {
          code: Type.Optional(Type.String({ maxLength: tokenMaxLength })),
          state: Type.Optional(Type.String({ maxLength: tokenMaxLength })),
          error: Type.Optional(Type.String({ maxLength: tokenMaxLength }))
        },
        { maxProperties: 20 }
      ),
      response: { 307: Type.Null() }
    }
  },
  authUser: {
    method: 'GET',
    url: paths.authUser,
    access: 'user',
    rate: 'read',
    schema: { summary: 'Who am I', response: { 200: User } }
  },
  refreshToken: {
    method: 'POST',
    url: paths.refreshToken,
    access: 'user',
    rate: 'refresh',
    schema: { summary: 'A fresh token; the old one ends at the first use of it', response: { 200: Token } }
  }
} as const satisfies Record<string, Route>
