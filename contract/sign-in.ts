import { Type, type Static } from 'typebox'
import { tokenMaxLength } from './limits.ts'
import { paths } from './paths.ts'
import { User } from './people.ts'
import { Time } from './primitives.ts'
import { returnPathMaxLength } from './return-path.ts'
import { type Route, sentUsername, strict } from './route.ts'

export const Login = Type.Object({
  authUser: User,
  token: Type.Optional(Type.String({ description: 'Absent in cookie mode' })),
  expiresAt: Time
})
export type Login = Static<typeof Login>

export const LoginMethods = Type.Object({ github: Type.Boolean(), development: Type.Boolean() })

/** The sign-in methods that the server offers. */
export type LoginMethods = Static<typeof LoginMethods>

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
        description: 'Path of the app to return to; it is passed on to `/callback`',
        examples: ['/conversations/1']
      })
    )
  },
  strict
)

/** Ways to sign in. */
export const signInRoutes = {
  login: {
    method: 'POST',
    url: paths.login,
    access: 'public',
    rate: 'signIn',
    schema: {
      summary: 'Signs in without a password; only for development on localhost',
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
    schema: { summary: 'Returns the sign-in methods of this server', response: { 200: LoginMethods } }
  },
  oauthGithub: {
    method: 'GET',
    url: paths.oauthGithub,
    access: 'public',
    rate: 'signIn',
    schema: {
      summary: 'Starts sign-in with GitHub (OAuth)',
      querystring: signInStart,
      response: { 307: Type.Null() }
    }
  },
  oauthGithubCallback: {
    method: 'GET',
    url: paths.oauthGithubCallback,
    access: 'public',
    rate: 'signIn',
    schema: {
      summary: 'Completes sign-in with GitHub and starts a session',
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
  }
} as const satisfies Record<string, Route>
