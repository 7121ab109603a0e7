import type { FastifyReply, FastifyRequest } from 'fastify'
import { fieldProblem, Problem } from '@parley/contract/problems'
import { paths } from '@parley/contract/paths'
import { isReturnPath } from '@parley/contract/return-path'
import { routes } from '@parley/contract/routes'
import type { GithubConfig } from '../config.ts'
import { findOrCreateGithubUser } from '../people/people.ts'
import type { Store } from '../store.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { fetchGithubPerson, githubSignIn } from './github.ts'
import { accepts } from '../platform/http/media-types.ts'
import { recallSignIn, rememberSignIn, type SignInAttempt } from './oauth-state.ts'
import { answerProblem, logFault, toProblem } from '../platform/http/problems.ts'
import { signIn } from './sign-in.ts'

export function oauthRoutes(server: Server, deps: RouteDeps & { store: Store; sessions: Sessions }): void {
  const { config, store } = deps
  const redirectUri = config.origin + paths.oauthGithubCallback

  server.route({
    ...routes.oauthGithub,
    errorHandler: (error, request, reply) => {
      answerOrReturn(error, request, reply, '/')
    },
    handler: async (request, reply) => {
      const github = required(config.github)
      const { session: mode = 'token', return_to: returnTo = null } = request.query
      if (returnTo !== null && !isReturnPath(returnTo)) {
        throw fieldProblem('return_to', { code: 'invalid_format', format: 'path' })
      }
      const { state, challenge } = rememberSignIn(request, reply, config, { mode, returnTo })
      return reply.redirect(githubSignIn(github, { redirectUri, state, challenge }), 307)
    }
  })

  server.route({
    ...routes.oauthGithubCallback,
    errorHandler: (error, request, reply) => {
      answerOrReturn(error, request, reply, '/')
    },
    handler: async (request, reply) => {
      const github = required(config.github)
      const attempt = await recallSignIn(request, reply, deps, request.query.state ?? '')
      try {
        return await finish(github, attempt, request, reply)
      } catch (error) {
        return answerOrReturn(error, request, reply, attempt.returnTo ?? '/')
      }
    }
  })

  async function finish(
    github: GithubConfig,
    { mode, verifier, returnTo }: SignInAttempt,
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<FastifyReply> {
    const { code, error } = request.query as { code?: string; error?: string }
    if (error === 'access_denied') throw new Problem('login_denied')
    if (!code) throw new Problem('login_failed', { reason: 'code_missing' })
    const person = await fetchGithubPerson(github, { redirectUri, code, verifier })
    const user = await findOrCreateGithubUser(store, person, person.mayJoin)
    const { token, expiresAt } = await signIn(request, reply, deps, { userId: Number(user.id), mode })
    const query = new URLSearchParams({
      ...(token !== undefined && { token, expires_at: expiresAt }),
      ...(returnTo !== null && { return_to: returnTo })
    }).toString()
    return reply.redirect(query === '' ? '/callback' : `/callback?${query}`, 307)
  }
}

function required(github: GithubConfig | null): GithubConfig {
  if (!github) throw new Problem('login_unavailable', { method: 'github' })
  return github
}

/** A person who signs in should see the web app say what is wrong, where they were, and not a JSON document. */
function answerOrReturn(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  returnTo: string
): FastifyReply {
  if (!accepts(request.headers.accept, 'text/html')) return answerProblem(error, request, reply)
  const problem = toProblem(error)
  request.server.reports?.refused(request, problem)
  const { code } = problem
  if (code === 'internal') logFault(request, error, 'a sign-in failed')
  const { pathname, search, hash } = withProblem(returnTo, code)
  return reply.redirect(pathname + search + hash, 307)
}

function withProblem(path: string, code: string): URL {
  const url = new URL(path, 'http://parley.invalid')
  url.searchParams.set('problem', code)
  return url
}
