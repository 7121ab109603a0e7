import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { Login } from '@parley/contract/sign-in'
import type { ProblemDocument } from '@parley/contract/problems'
import { createApp, type App } from '../../server/app.ts'
import { readConfig, type DatabaseConfig } from '../../server/config.ts'
import { emptyDatabase } from './engine.ts'

/** Parley in the test's own process, on an empty database; for route tests, which need no socket. */
export type InProcess = {
  readonly app: App
  readonly dataDir: string
  readonly database: DatabaseConfig
  /** Makes one request without a network. */
  inject(request: InjectOptions | string): Promise<LightMyRequestResponse>
  signIn(username: string): Promise<Person>
  /** Listens on a free port and returns its address; for streams and non-HTTP bytes. */
  listen(): Promise<string>
  close(): Promise<void>
}

/** A signed-in user. */
export type Person = {
  readonly id: string
  readonly token: string
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  post(url: string, body?: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  patch(url: string, body?: unknown): Promise<LightMyRequestResponse>
  put(url: string, body?: unknown): Promise<LightMyRequestResponse>
  delete(url: string): Promise<LightMyRequestResponse>
  conversationWith(username: string): Promise<Conversation>
  /** Creates a group owned by this person and returns its path. */
  group(usernames: string[], history?: 'all' | 'joined'): Promise<string>
  send(conversationId: string, content: string): Promise<Message>
}

export async function startInProcess(
  env: Record<string, string> = {},
  describe?: Parameters<typeof createApp>[1]
): Promise<InProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'))
  const config = readConfig({
    DATA_DIR: dataDir,
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_DRAIN_SECONDS: '0',
    PARLEY_RATE_LIMITS: 'off',
    ...env
  })
  // No setting gives port 0 an origin; tests of cookies send the configured one.
  const database = await emptyDatabase(dataDir)
  const app = await createApp({ ...config, port: 0, database }, describe)
  // The development login accepts requests for ORIGIN only.
  const authority = new URL(config.origin).host
  const inject: InProcess['inject'] = (request) =>
    app.server.inject({ authority, ...(typeof request === 'string' ? { url: request } : request) })

  async function signIn(username: string): Promise<Person> {
    const { authUser, token } = (
      await inject({ method: 'POST', url: '/api/login', payload: { username } })
    ).json<Login>()
    const authorization = `Bearer ${token}`
    const call = (
      method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
      url: string,
      body?: unknown,
      headers?: Record<string, string>
    ) =>
      inject({
        method,
        url,
        headers: { authorization, ...headers },
        ...(body !== undefined && { payload: body as object })
      })
    const person: Person = {
      id: authUser.id,
      token: token!,
      get: (url, headers) => inject({ method: 'GET', url, headers: { authorization, ...headers } }),
      post: (url, body, headers) => call('POST', url, body, headers),
      patch: (url, body) => call('PATCH', url, body),
      put: (url, body) => call('PUT', url, body),
      delete: (url) => call('DELETE', url),
      conversationWith: async (username) => (await person.post('/api/conversations', { username })).json(),
      async group(usernames, history) {
        const body = { title: 'Friends', usernames, ...(history && { history }) }
        const answer = await person.post('/api/conversations', body)
        if (answer.statusCode !== 201) throw new Error(answer.body)
        return `/api/conversations/${answer.json<Conversation>().id}`
      },
      send: async (conversationId, content) =>
        (await person.post(`/api/conversations/${conversationId}/messages`, { content })).json()
    }
    return person
  }
  return {
    app,
    dataDir,
    database,
    inject,
    signIn,
    listen: () => app.listen(),
    async close() {
      await app.close()
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

/**
 * Returns a refusal as one comparable line, such as `422 validation_failed content`. Throws if the response
 * is not a problem document.
 */
export function refusal(answer: LightMyRequestResponse): string {
  if (!String(answer.headers['content-type']).startsWith('application/problem+json')) {
    throw new Error(`not a problem document: ${answer.statusCode} ${answer.body}`)
  }
  const { status, code, errors } = answer.json<ProblemDocument>()
  if (status !== answer.statusCode)
    throw new Error(`status ${answer.statusCode} has a document with status ${status}`)
  return [status, code, ...Object.keys(errors ?? {})].join(' ')
}
