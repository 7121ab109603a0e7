import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Conversation, Login, Message, User } from '@parley/contract/entities'

/** An answer with its body read: parsed when it is JSON, text otherwise. */
export type Answer<Body = unknown> = { status: number; headers: Headers; body: Body }

export type Api = {
  readonly url: string
  readonly token: string
  readonly user: User
  get<Body = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<Body>>
  post<Body = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<Body>>
  /** The conversation with `username`, started when there is none. */
  conversationWith(username: string): Promise<Conversation>
  send(conversationId: string, content: string, clientId?: string): Promise<Message>
}

/** One request; a `body` that is no string is sent as JSON. */
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

/** The same request with a `Host` of its own, which fetch does not take. */
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

/** Signs `username` in by the development login of the Parley at `url`, which answers for its `origin` alone. */
export async function loginAs(url: string, username: string, origin = url): Promise<Api> {
  const asked = { method: 'POST', body: { username } }
  const answer = await callFor<Login>(new URL(origin).host, `${url}/api/login`, asked)
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`)
  return apiWith(url, answer.body.token!, answer.body.authUser)
}

/** Signs `username` in at a node, for the proxy in front of it: the development login takes nothing through a proxy. */
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
