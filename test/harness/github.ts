import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { refusal, startInProcess, type InProcess } from './in-process.ts'

export const origin = 'https://chat.example.org'

type Answer = { status: number; body: string }

/** A fake GitHub: its configured answers and the requests it received. */
export type FakeGithub = {
  tokenAnswer: Answer
  userAnswer: Answer
  /** Answers by organisation; 404 for all others. */
  memberships: Record<string, Answer>
  /** Handles the user request instead of the default answer, and may leave it open. */
  slow: ((response: ServerResponse) => void) | null
  asked: { url: string; headers: NodeJS.Dict<string | string[]>; body: string }[]
  /** Restores the initial answers. */
  reset(): void
  /** The settings that point Parley at this server. */
  readonly env: Record<string, string>
  close(): void
}

const first = () => ({
  tokenAnswer: { status: 200, body: JSON.stringify({ access_token: 'gho_1', token_type: 'bearer' }) },
  userAnswer: githubUser(583231, 'octocat'),
  memberships: {},
  slow: null,
  asked: []
})

export async function startGithub(): Promise<FakeGithub> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const github: FakeGithub = {
    ...first(),
    reset: () => void Object.assign(github, first()),
    env: {
      ORIGIN: origin,
      GITHUB_CLIENT_ID: 'client-id',
      GITHUB_CLIENT_SECRET: 'client-secret',
      PARLEY_GITHUB_URL: `http://127.0.0.1:${port}`,
      PARLEY_GITHUB_API_URL: `http://127.0.0.1:${port}/api/v3`
    },
    close: () => void server.close()
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url!
    github.asked.push({ url, headers: request.headers, body: await text(request) })
    const organisation = /^\/api\/v3\/user\/memberships\/orgs\/(.*)$/.exec(url)?.[1]
    if (github.slow && url === '/api/v3/user') return github.slow(response.writeHead(200))
    const { status, body } =
      organisation !== undefined
        ? (github.memberships[organisation] ?? { status: 404, body: '{}' })
        : url === '/login/oauth/access_token'
          ? github.tokenAnswer
          : github.userAnswer
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }
  return github
}

export function githubUser(id: number, login: string, avatar = `https://avatars.example/${id}`): Answer {
  return { status: 200, body: JSON.stringify({ id, login, avatar_url: avatar, name: 'x' }) }
}

type Begun = { state: string; cookie: string; location: URL }

/** Starts a Parley with these settings and a browser that signs in through `github`. */
export async function startSignIns(github: FakeGithub, env: Record<string, string> = {}) {
  const parley: InProcess = await startInProcess({ ...github.env, ...env })

  /** Begins a sign-in as a browser does; returns the state and the cookie of the redirect. */
  async function start(query = '', cookies = ''): Promise<Begun> {
    const answer = await parley.inject({ url: `/api/oauth/github${query}`, headers: { cookie: cookies } })
    expect(answer.statusCode).toBe(307)
    const location = new URL(String(answer.headers.location))
    const cookie = answer.cookies.find(({ value }) => value !== '')
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', maxAge: 600, path: '/' })
    return {
      state: location.searchParams.get('state')!,
      cookie: `${cookie!.name}=${cookie!.value}`,
      location
    }
  }

  function comeBack(query: Record<string, string>, cookie = '', accept = '*/*') {
    const search = new URLSearchParams(query).toString()
    return parley.inject({ url: `/api/oauth/github/callback?${search}`, headers: { cookie, accept } })
  }

  /** Signs in and returns the resulting Parley user. */
  async function signInWith(login: string, id: number, avatar?: string) {
    github.userAnswer = githubUser(id, login, avatar)
    const { state, cookie } = await start()
    const answer = await comeBack({ code: 'c', state }, cookie)
    const token = new URL(String(answer.headers.location), origin).searchParams.get('token')
    const headers = { authorization: `Bearer ${token}` }
    return (await parley.inject({ url: '/api/auth_user', headers })).json<{
      id: string
      username: string
      avatarURL: string | null
    }>()
  }

  /** Returns 307, or the refusal. */
  async function tryToSignIn(login: string, id: number): Promise<number | string> {
    github.userAnswer = githubUser(id, login)
    const { state, cookie } = await start()
    const answer = await comeBack({ code: 'c', state }, cookie)
    return answer.statusCode === 307 ? 307 : refusal(answer)
  }
  return { parley, start, comeBack, signInWith, tryToSignIn, close: () => parley.close() }
}

export type SignIns = Awaited<ReturnType<typeof startSignIns>>
