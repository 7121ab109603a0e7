import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '@parley/contract/errors'
import type { Config } from '../config.ts'
import { cookiesOf, forgetCookie, ownCookie } from './session-cookie.ts'

const lifeSeconds = 600

export type SessionMode = 'token' | 'cookie'

/** Remembers in this browser that a sign-in was started here, and how its session is wanted. Gives the state. */
export function rememberSignIn(reply: FastifyReply, config: Config, mode: SessionMode): string {
  const state = randomBytes(24).toString('base64url')
  const { name, options } = ownCookie(config, 'parley_oauth')
  const value = [state, mode, Date.now() + lifeSeconds * 1_000].join('.')
  reply.setCookie(name, value, { ...options, maxAge: lifeSeconds, signed: true })
  return state
}

/**
 * How the session is wanted, when `state` is that of the sign-in this browser started. It counts once. Throws
 * `oauth_state_invalid`.
 */
export function recallSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  config: Config,
  state: string
): SessionMode {
  const cookie = ownCookie(config, 'parley_oauth')
  forgetCookie(reply, cookie)
  const signed = request.unsignCookie(cookiesOf(request)[cookie.name] ?? '')
  const [expected = '', mode, expires] = (signed.valid ? signed.value : '').split('.')
  const current = Number(expires) > Date.now()
  if (!current || !isSame(expected, state)) throw new Problem('oauth_state_invalid')
  return mode === 'cookie' ? 'cookie' : 'token'
}

function isSame(left: string, right: string): boolean {
  // Hashes are of one length, as the comparison in constant time needs them.
  return timingSafeEqual(hash(left), hash(right))
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
