import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '@parley/contract/errors'
import { paths } from '@parley/contract/paths'
import { routes } from '@parley/contract/routes'
import type { GithubConfig } from '../../config.ts'
import { findOrCreateGithubUser } from '../../domain/people.ts'
import type { RouteDeps, Server } from '../deps.ts'
import { fetchGithubProfile, githubSignIn } from '../github.ts'
import { recallSignIn, rememberSignIn } from '../oauth-state.ts'
import { answerProblem, toProblem } from '../problems.ts'
import { handOver } from '../session-cookie.ts'

export function oauthRoutes(server: Server, { config, store, sessions }: RouteDeps): void {
  const redirectUri = config.origin + paths.oauthGithubCallback

  server.route({
    ...routes.oauthGithub,
    errorHandler: answerOrReturn,
    handler: async (request, reply) => {
      const github = required(config.github)
      const state = rememberSignIn(reply, config, request.query.session ?? 'token')
      return reply.redirect(githubSignIn(github, redirectUri, state), 307)
    }
  })

  server.route({
    ...routes.oauthGithubCallback,
    errorHandler: answerOrReturn,
    handler: async (request, reply) => {
      const github = required(config.github)
      const { code, state = '', error } = request.query
      const mode = recallSignIn(request, reply, config, state)
      if (error === 'access_denied') throw new Problem('login_denied')
      if (!code) throw new Problem('login_failed', 'GitHub sent no code.')
      const user = await findOrCreateGithubUser(store, await fetchGithubProfile(github, redirectUri, code))
      const { token, expiresAt } = handOver(reply, config, await sessions.start(Number(user.id)), mode)
      const query =
        token === undefined ? '' : `?${new URLSearchParams({ token, expires_at: expiresAt }).toString()}`
      return reply.redirect(`/callback${query}`, 307)
    }
  })
}

function required(github: GithubConfig | null): GithubConfig {
  if (!github) throw new Problem('login_unavailable', "This server is not set up for GitHub's sign-in.")
  return github
}

/** A person who signs in should see the web app say what is wrong, not a JSON document. */
function answerOrReturn(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (!request.headers.accept?.includes('text/html')) return void answerProblem(error, request, reply)
  const { code } = toProblem(error)
  if (code === 'internal') request.log.error(error, 'a sign-in failed')
  reply.redirect(`/?problem=${code}`, 307)
}
