import type { FastifyReply, FastifyRequest } from 'fastify'
import { fieldProblem, Problem } from '@parley/contract/problems'
import type { Config } from '../../config.ts'
import type { Principal } from '../principal.ts'
import type { Authenticator } from './deps.ts'
import { provesOrigin } from './origin.ts'
import type { Limits } from './rate-limits.ts'
import { cookiesOf, sessionCookie } from './session-cookie.ts'

/** Who sent a request, and what said so. `token` is a secret: never log a caller. */
export type Caller = { principal: Principal; by: 'header' | 'cookie' | 'query'; token: string }

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
}

type Credentials = Pick<Caller, 'token' | 'by'>

export type AuthenticateDeps = { config: Config; sessions: Authenticator; limits: Limits }

export type AuthenticateOptions = {
  /** Also reads the token from `?token=`. */
  tokenInQuery?: boolean
  /** Called with a token that is not valid, before it is refused. */
  onRefusedToken?: (token: string) => Promise<void>
}

/**
 * A hook that finds out who asks: `Authorization: Bearer` (RFC 6750), else the session cookie, else 401. What a cookie
 * authenticates may change state only when it comes from our own pages.
 */
export function createAuthenticate(
  { config, sessions, limits }: AuthenticateDeps,
  { tokenInQuery = false, onRefusedToken }: AuthenticateOptions
) {
  return function authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
    done: () => void
  ): void | Promise<void> {
    const credentials = credentialsOf(request, config, tokenInQuery)
    if (!credentials) {
      limits.take('stranger', request, reply)
      throw new Problem('unauthenticated', { reason: 'token_missing' })
    }
    const { by, token } = credentials

    function admit(principal: Principal | null): void {
      if (!principal) {
        limits.take('stranger', request, reply)
        reply.header('www-authenticate', 'Bearer realm="Parley", error="invalid_token"')
        throw new Problem('unauthenticated', { reason: 'token_invalid' })
      }
      request.caller = { principal, by, token }
      if (request.method !== 'GET' && request.method !== 'HEAD') requireTrust(request, config)
    }

    async function admitLater(found: Principal | null | Promise<Principal | null>): Promise<void> {
      const principal = await found
      if (!principal) await onRefusedToken?.(token)
      admit(principal)
    }

    const found = sessions.authenticate(token, () => limits.requireFewStrangers(request, reply))
    if (found instanceof Promise || (found === null && onRefusedToken)) return admitLater(found)
    // Nothing to wait for: the body, which mostly came with the head, is then read where it is parsed.
    admit(found)
    done()
  }
}

/** Returns the authenticated caller. Throws on a public route. */
export function principalOf(request: FastifyRequest): Principal {
  return callerOf(request).principal
}

/** The session that a browser's cookie names; null where there is none that is alive. */
export async function cookiePrincipal(
  request: FastifyRequest,
  { config, sessions }: Pick<AuthenticateDeps, 'config' | 'sessions'>
): Promise<Principal | null> {
  const token = cookiesOf(request)[sessionCookie(config).name]
  return token === undefined ? null : sessions.authenticate(token)
}

/** Whether a request may change state: any but one that a cookie authenticates and that another site may have made. */
export function isTrusted(request: FastifyRequest, config: Config): boolean {
  return callerOf(request).by !== 'cookie' || provesOrigin(request, config)
}

function requireTrust(request: FastifyRequest, config: Config): void {
  if (!isTrusted(request, config)) throw new Problem('origin_mismatch', { origin: config.origin })
}

/** Who asked, and how. Throws on a public route. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error('this route is public: no caller is authenticated')
  return request.caller
}

function credentialsOf(request: FastifyRequest, config: Config, tokenInQuery: boolean): Credentials | null {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    // A header that is there decides, also when it is malformed: the cookie is then not asked.
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1]
    return { token: token ?? '', by: 'header' }
  }
  const query = tokenInQuery ? (request.query as { token?: unknown }).token : undefined
  if (query !== undefined) {
    if (typeof query === 'string') return { token: query, by: 'query' }
    throw fieldProblem('token', { code: 'repeated' })
  }
  const cookie = cookiesOf(request)[sessionCookie(config).name]
  return cookie === undefined ? null : { token: cookie, by: 'cookie' }
}
