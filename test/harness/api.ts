import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import type { Login } from '@parley/contract/sign-in'

/** A response with its body: parsed if it is JSON, text otherwise. */
export type Answer<Body = unknown> = { status: number; headers: Headers; body: Body }

export type Api = {
  readonly url: string
  readonly token: string
  readonly user: User
  get<Body = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<Body>>
  post<Body = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<Body>>
  put<Body = unknown>(path: string, body: unknown): Promise<Answer<Body>>
  /** Returns the conversation with `username`, creating it if needed. */
  conversationWith(username: string): Promise<Conversation>
  send(conversationId: string, content: string, clientId?: string): Promise<Message>
}

/** Makes one request. A `body` that is not a string is sent as JSON. */
export async function call<Body = unknown>(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown; signal?: AbortSignal } = {}
): Promise<Answer<Body>> {
  const { method = 'GET', headers = {}, body, signal } = options
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    ...(signal && { signal }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) })
  })
  const answer = await response.text()
  const json = response.headers.get('content-type')?.includes('json') && answer !== ''
  return {
    status: response.status,
    headers: response.headers,
    body: (json ? JSON.parse(answer) : answer) as Body
  }
}

/** Makes the same request with its own `Host` header, which fetch does not allow. */
export async function callFor<Body = unknown>(
  host: string,
  url: string,
  { method = 'GET', headers = {}, body, signal }: Parameters<typeof call>[1] = {}
): Promise<Answer<Body>> {
  const asked = request(url, {
    method,
    agent: false,
    ...(signal && { signal }),
    headers: {
      host,
      connection: 'keep-alive',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers
    }
  })
  asked.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const answer = await text(response)
  const isJson = response.headers['content-type']?.includes('json') && answer !== ''
  return {
    status: response.statusCode!,
    headers: new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
    body: (isJson ? JSON.parse(answer) : answer) as Body
  }
}

/**
 * Signs `username` in with the development login of the Parley at `url`, which accepts requests for its
 * `origin` only.
 */
export async function loginAs(url: string, username: string, origin = url): Promise<Api> {
  const asked = { method: 'POST', body: { username } }
  const answer = await callFor<Login>(new URL(origin).host, `${url}/api/login`, asked)
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`)
  return apiWith(url, answer.body.token!, answer.body.authUser)
}

/**
 * Signs `username` in at a node and returns an API for the proxy in front of it. The development login
 * rejects proxied requests.
 */
export async function loginBehind(proxyUrl: string, nodeUrl: string, username: string): Promise<Api> {
  const { token, user } = await loginAs(nodeUrl, username, proxyUrl)
  return apiWith(proxyUrl, token, user)
}

export function apiWith(url: string, token: string, user: User): Api {
  const authorization = `Bearer ${token}`
  const api: Api = {
    url,
    token,
    user,
    get: (path, headers) => call(url + path, { headers: { authorization, ...headers } }),
    post: (path, body, headers) =>
      call(url + path, { method: 'POST', headers: { authorization, ...headers }, body }),
    put: (path, body) => call(url + path, { method: 'PUT', headers: { authorization }, body }),
    async conversationWith(username) {
      return expectOk(await api.post<Conversation>('/api/conversations', { username }))
    },
    async send(conversationId, content, clientId) {
      const path = `/api/conversations/${conversationId}/messages`
      return expectOk(await api.post<Message>(path, { content, ...(clientId && { clientId }) }))
    }
  }
  return api
}

function expectOk<Body>(answer: Answer<Body>): Body {
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}
