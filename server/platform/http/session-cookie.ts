import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'

/** How a client gets its session: the token in the answer, or a cookie. */
export type SessionMode = 'token' | 'cookie'

export type CookieKind = { name: string; options: CookieSerializeOptions }

/** What a browser sent; parsed where it is asked for, as most requests of other clients have none. */
export function cookiesOf({ headers, server }: FastifyRequest): Record<string, string | undefined> {
  return headers.cookie === undefined ? {} : server.parseCookie(headers.cookie)
}

/** The cookie that signs a browser in. */
export function sessionCookie(config: Config): CookieKind {
  return ownCookie(config, 'parley_session')
}

/** A cookie that scripts cannot read and that other sites' forms do not carry (RFC 6265bis, 4.1.3.2, 5.6.7). */
export function ownCookie(config: Config, name: string): CookieKind {
  const secure = config.origin.startsWith('https:')
  return {
    name: secure ? `__Host-${name}` : name,
    options: { path: '/', httpOnly: true, sameSite: 'lax', secure }
  }
}

/**
 * Returns what a client gets for its new session: the token or, in cookie mode, a cookie and no token in the body. Times are RFC
 * 3339.
 */
export function handOver(
  reply: FastifyReply,
  config: Config,
  session: { token: string; expiresAt: number },
  mode: SessionMode
): { token?: string; expiresAt: string } {
  const expires = new Date(session.expiresAt)
  if (mode === 'token') return { token: session.token, expiresAt: expires.toISOString() }
  const { name, options } = sessionCookie(config)
  reply.setCookie(name, session.token, { ...options, expires })
  return { expiresAt: expires.toISOString() }
}

export function forgetCookie(reply: FastifyReply, { name, options }: CookieKind): void {
  reply.clearCookie(name, options)
}
