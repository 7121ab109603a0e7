import { paths } from '@parley/contract/paths'
import { problemDetail } from '@parley/contract/problem-details'
import type { Problem } from '@parley/contract/problems'
import type { RateLimit } from '@parley/contract/rate-limits'
import type { FastifyRequest } from 'fastify'
import { addressBlock, type AddressOf } from './client-address.ts'
import type { HttpDeps } from './deps.ts'
import { RateLimiter } from './rate-limiter.ts'

declare module 'fastify' {
  interface FastifyInstance {
    reports?: Reports
  }
}

/** Lines about refusals that one address, and all of them, may cause: a flood must not fill the disk. */
const perAddress: RateLimit = { perSecond: 1, burst: 20 }
const overall: RateLimit = { perSecond: 20, burst: 200 }

const signInPaths = new Set<string | undefined>([paths.login, paths.oauthGithub, paths.oauthGithubCallback])

/** Who a line is about: a user's id, and the id of the session, which is the same for all its tokens. */
type Subject = { userId: number; sessionId: string }

/** What happens at the door, a line each: who, from where, and never a token. */
export type Reports = {
  signedIn(request: FastifyRequest, subject: Subject): void
  signedOut(request: FastifyRequest, subject: Subject): void
  /** A refusal: of a sign-in, of a stranger (401, 403), or by what Parley depends on (502, 503). Other refusals are not logged. */
  refused(request: FastifyRequest, problem: Problem): void
}

export function createReports(logger: HttpDeps['logger'], addressOf: AddressOf): Reports {
  const addresses = new RateLimiter<string>(perAddress)
  const all = new RateLimiter<'all'>(overall)
  /** Lines that were left out since the last one. */
  let suppressed = 0

  function mayWrite(address: string): boolean {
    if (addresses.take(addressBlock(address)) === 0 && all.take('all') === 0) return true
    suppressed++
    return false
  }

  return {
    signedIn: ({ raw }, subject) => logger.info({ ...subject, address: addressOf(raw) }, 'signed in'),
    signedOut: ({ raw }, subject) => logger.info({ ...subject, address: addressOf(raw) }, 'signed out'),
    refused(request, problem) {
      const event = eventOf(request, problem)
      if (event === null) return
      const address = addressOf(request.raw)
      if (!mayWrite(address)) return
      const { method, routeOptions, caller } = request
      const line = {
        code: problem.code,
        method,
        route: routeOptions.url,
        address,
        ...(caller && { userId: caller.principal.userId, sessionId: caller.principal.familyId }),
        ...(problem.status >= 500 && { reason: reasonOf(problem) }),
        ...(suppressed > 0 && { suppressed })
      }
      suppressed = 0
      if (problem.status >= 500) logger.error(line, event)
      else logger.warn(line, event)
    }
  }
}

function eventOf({ routeOptions }: FastifyRequest, { status, code }: Problem): string | null {
  if (code === 'storage_unavailable') return 'refused with 503: storage cannot answer'
  if (code === 'login_failed') return 'the identity provider did not answer as expected'
  if (status >= 500 || status === 429) return null
  if (signInPaths.has(routeOptions.url)) return 'a sign-in failed'
  return status === 401 || status === 403 ? 'refused' : null
}

/** What a problem was caused by, to its beginning. */
function reasonOf(problem: Problem): string {
  const causes: string[] = []
  let { cause } = problem
  while (cause instanceof Error && causes.length < 5) {
    causes.push(cause.message)
    ;({ cause } = cause)
  }
  if (typeof cause === 'string') causes.push(cause)
  return causes.join(': ') || problemDetail(problem)
}
