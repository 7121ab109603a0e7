import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '@parley/contract/problems'
import type { Config } from '../config.ts'
import type { Store } from '../store.ts'
import {
  cookiesOf,
  forgetCookie,
  ownCookie,
  type CookieKind,
  type SessionMode
} from '../platform/http/session-cookie.ts'

const lifeMs = 600_000
/** Sign-ins that one browser may have begun and not finished; a further one replaces the oldest. */
const attemptsMax = 5
const cookiePrefix = 'parley_oauth-'
const statePattern = /^[\w-]{32}$/

/** A sign-in at a provider that this browser began. */
export type SignInAttempt = {
  mode: SessionMode
  /** PKCE's code verifier (RFC 7636). */
  verifier: string
  /** Where in the app the person was; null where the client did not say. */
  returnTo: string | null
}

/**
 * Stores a started sign-in in a signed cookie of its own, so that tabs which start one at the same moment do not overwrite each
 * other's. Returns the state and the PKCE challenge for the provider.
 */
export function rememberSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  config: Config,
  { mode, returnTo }: Omit<SignInAttempt, 'verifier'>
): { state: string; challenge: string } {
  for (const cookie of superfluous(request, config)) forgetCookie(reply, cookie)
  const state = randomBytes(24).toString('base64url')
  const verifier = randomBytes(32).toString('base64url')
  const { name, options } = cookieOf(config, state)
  const where = Buffer.from(returnTo ?? '').toString('base64url')
  const value = [state, mode, Date.now() + lifeMs, verifier, where].join('.')
  reply.setCookie(name, value, { ...options, maxAge: lifeMs / 1_000, signed: true })
  return { state, challenge: hash('sha256', verifier, 'base64url') }
}

/**
 * Returns the sign-in that this browser started with `state`. It works once, on any node. Throws `oauth_state_invalid`.
 */
export async function recallSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, store }: { config: Config; store: Store },
  state: string
): Promise<SignInAttempt> {
  if (!statePattern.test(state)) throw new Problem('oauth_state_invalid')
  const cookie = cookieOf(config, state)
  forgetCookie(reply, cookie)
  const found = readCookie(request, cookie.name)
  if (!found || !isSame(found.state, state)) throw new Problem('oauth_state_invalid')
  const isFirst = await store.write('useSignIn', {
    stateHash: hash('sha256', state, 'base64url'),
    expiresAt: found.expiresAt
  })
  if (!isFirst) throw new Problem('oauth_state_invalid')
  return found
}

function cookieOf(config: Config, state: string): CookieKind {
  return ownCookie(config, cookiePrefix + state.slice(0, 8))
}

/** The cookies of sign-ins that are over, and of the oldest ones beyond those that a browser may have begun. */
function superfluous(request: FastifyRequest, config: Config): CookieKind[] {
  const prefix = ownCookie(config, cookiePrefix).name
  return Object.keys(cookiesOf(request))
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ name, expiresAt: readCookie(request, name)?.expiresAt ?? 0 }))
    .sort((left, right) => right.expiresAt - left.expiresAt)
    .filter(({ expiresAt }, index) => expiresAt === 0 || index >= attemptsMax - 1)
    .map(({ name }) => ({ ...ownCookie(config, ''), name }))
}

/** What a cookie of ours holds; null where it is not signed by us, or is too old. */
function readCookie(
  request: FastifyRequest,
  name: string
): (SignInAttempt & { state: string; expiresAt: number }) | null {
  const signed = request.unsignCookie(cookiesOf(request)[name] ?? '')
  const [state, mode, expires, verifier, where] = signed.valid ? signed.value.split('.') : []
  const expiresAt = Number(expires)
  if (!state || !verifier || where === undefined || !(expiresAt > Date.now())) return null
  return {
    state,
    expiresAt,
    mode: mode === 'cookie' ? 'cookie' : 'token',
    verifier,
    returnTo: Buffer.from(where, 'base64url').toString() || null
  }
}

function isSame(left: string, right: string): boolean {
  // Hashes are of one length, as the comparison in constant time needs them.
  return timingSafeEqual(digest(left), digest(right))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
