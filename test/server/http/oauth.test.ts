import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addUsers } from '../../../server/domain/people.ts'
import { refusal, startInProcess, type InProcess } from '../../harness/in-process.ts'

/** A stand-in for GitHub: what its two endpoints answer, and what they were asked. The third one is a page. */
let github: Server
let tokenAnswer: { status: number; body: string }
let userAnswer: { status: number; body: string }
let asked: { url: string; headers: NodeJS.Dict<string | string[]>; body: string }[]

let parley: InProcess
const origin = 'https://chat.example.org'

beforeAll(async () => {
  github = createServer((request, response) => void answerAsGithub(request, response)).listen(0, '127.0.0.1')
  await once(github, 'listening')
  const { port } = github.address() as { port: number }
  parley = await startInProcess({
    ORIGIN: origin,
    GITHUB_CLIENT_ID: 'client-id',
    GITHUB_CLIENT_SECRET: 'client-secret',
    PARLEY_GITHUB_URL: `http://127.0.0.1:${port}`,
    PARLEY_GITHUB_API_URL: `http://127.0.0.1:${port}/api/v3`
  })
})
afterAll(async () => {
  await parley.close()
  github.close()
})
beforeEach(() => {
  asked = []
  tokenAnswer = { status: 200, body: JSON.stringify({ access_token: 'gho_1', token_type: 'bearer' }) }
  userAnswer = githubUser(583231, 'octocat')
})

async function answerAsGithub(request: IncomingMessage, response: ServerResponse): Promise<void> {
  asked.push({ url: request.url!, headers: request.headers, body: await text(request) })
  const answer = request.url === '/login/oauth/access_token' ? tokenAnswer : userAnswer
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
}

function githubUser(id: number, login: string, avatar = `https://avatars.example/${id}`) {
  return { status: 200, body: JSON.stringify({ id, login, avatar_url: avatar, name: 'x' }) }
}

/** Goes to GitHub as a browser would; gives the state and the cookie that it came with. */
async function start(query = ''): Promise<{ state: string; cookie: string; location: URL }> {
  const answer = await parley.inject(`/api/oauth/github${query}`)
  expect(answer.statusCode).toBe(307)
  const location = new URL(String(answer.headers.location))
  const [cookie] = answer.cookies
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', maxAge: 600, path: '/' })
  return { state: location.searchParams.get('state')!, cookie: `${cookie!.name}=${cookie!.value}`, location }
}

function comeBack(query: Record<string, string>, cookie = '', accept = '*/*') {
  const search = new URLSearchParams(query).toString()
  return parley.inject({ url: `/api/oauth/github/callback?${search}`, headers: { cookie, accept } })
}

async function signInWith(
  login: string,
  id: number
): Promise<{ id: string; username: string; avatarURL: string }> {
  userAnswer = githubUser(id, login)
  const { state, cookie } = await start()
  const answer = await comeBack({ code: 'c', state }, cookie)
  const token = new URL(String(answer.headers.location), origin).searchParams.get('token')
  return (
    await parley.inject({ url: '/api/auth_user', headers: { authorization: `Bearer ${token}` } })
  ).json()
}

describe("GitHub's sign-in", () => {
  test('starts at GitHub, with our id, our address and a state', async () => {
    const { location, state } = await start()
    expect(location.pathname).toBe('/login/oauth/authorize')
    expect(Object.fromEntries(location.searchParams)).toEqual({
      client_id: 'client-id',
      redirect_uri: `${origin}/api/oauth/github/callback`,
      scope: 'read:user',
      state
    })
    expect(state).toMatch(/^[\w-]{32}$/)
    expect((await start()).state).not.toBe(state)
  })

  test('ends at /callback with a token and its end, as in the series', async () => {
    const { state, cookie } = await start()
    const answer = await comeBack({ code: 'the-code', state }, cookie)
    expect(answer.statusCode).toBe(307)
    const location = new URL(String(answer.headers.location), origin)
    expect(location.pathname).toBe('/callback')
    expect([...location.searchParams.keys()]).toEqual(['token', 'expires_at'])
    expect(location.searchParams.get('expires_at')).toMatch(/^\d{4}-.*Z$/)
    expect(answer.cookies).toEqual([expect.objectContaining({ name: '__Host-parley_oauth', value: '' })])

    const headers = { authorization: `Bearer ${location.searchParams.get('token')}` }
    const me = await parley.inject({ url: '/api/auth_user', headers })
    expect(me.json()).toMatchObject({ username: 'octocat', avatarURL: 'https://avatars.example/583231' })

    expect(asked.map(({ url }) => url)).toEqual(['/login/oauth/access_token', '/api/v3/user'])
    expect(Object.fromEntries(new URLSearchParams(asked[0]!.body))).toEqual({
      client_id: 'client-id',
      client_secret: 'client-secret',
      redirect_uri: `${origin}/api/oauth/github/callback`,
      code: 'the-code'
    })
    expect(asked[0]!.headers['accept']).toBe('application/json')
    expect(asked[1]!.headers['authorization']).toBe('Bearer gho_1')
  })

  test('in cookie mode gives a Secure cookie and no token in any address', async () => {
    const { state, cookie } = await start('?session=cookie')
    const answer = await comeBack({ code: 'c', state }, cookie)
    expect(answer.headers.location).toBe('/callback')
    const session = answer.cookies.find(({ name }) => name === '__Host-parley_session')!
    expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
    const me = await parley.inject({
      url: '/api/auth_user',
      headers: { cookie: `__Host-parley_session=${session.value}` }
    })
    expect(me.json().username).toBe('octocat')
  })

  test('knows an account again by its id, whatever its name is by now', async () => {
    const first = await signInWith('mona', 7)
    expect((await signInWith('mona-lisa', 7)).id).toBe(first.id)
  })

  test('gives a taken username a suffix', async () => {
    await addUsers(parley.app.store, ['hubot'])
    expect((await signInWith('Hubot', 8)).username).toBe('Hubot-2')
    expect((await signInWith('hubot', 9)).username).toBe('hubot-3')
  })

  test.each([
    ['a NUL', 'a\0b'],
    ['a letter of another script', 'pаypal'],
    ['an invisible character', 'a\u034fb'],
    ['too many characters', 'x'.repeat(300_000)],
    ['lone surrogates', 'a\ud800'],
    ['nothing that is seen', '\u3164'],
    ['a space', 'two words']
  ])('gives an account whose login has %s a name of its id', async (_what, login) => {
    const id = 1_000 + login.length
    expect((await signInWith(login, id)).username).toBe(`github-${id}`)
  })

  test('gives a taken username of 39 characters a suffix that fits', async () => {
    const login = 'l'.repeat(39)
    await addUsers(parley.app.store, [login])
    expect((await signInWith(login, 12)).username).toBe(`${'l'.repeat(37)}-2`)
  })

  test.each([
    'javascript:alert(1)',
    'https://a.example/\0',
    'https://a.example/\ud800',
    'https://user:pw@a.example/',
    `https://a.example/${'x'.repeat(3_000)}`,
    'https://'
  ])('takes the avatar %j as an address or not at all', async (avatar) => {
    userAnswer = githubUser(11, 'sly2', avatar)
    const { state, cookie } = await start()
    const answer = await comeBack({ code: 'c', state }, cookie)
    const token = new URL(String(answer.headers.location), origin).searchParams.get('token')
    const me = await parley.inject({ url: '/api/auth_user', headers: { authorization: `Bearer ${token}` } })
    expect(me.json().avatarURL ?? 'https://a.example/').toMatch(/^https:\/\/a\.example\/[\x21-\x7e]{0,20}$/)
  })

  test('does not take an avatar that is no web address', async () => {
    userAnswer = githubUser(10, 'sly', 'javascript:alert(1)')
    const { state, cookie } = await start()
    const answer = await comeBack({ code: 'c', state }, cookie)
    const token = new URL(String(answer.headers.location), origin).searchParams.get('token')
    const me = await parley.inject({ url: '/api/auth_user', headers: { authorization: `Bearer ${token}` } })
    expect(me.json().avatarURL).toBeNull()
  })
})

describe('the state', () => {
  test.each([
    ['no state', (state: { cookie: string }) => comeBack({ code: 'c' }, state.cookie)],
    [
      'another state',
      (state: { cookie: string }) => comeBack({ code: 'c', state: 'x'.repeat(32) }, state.cookie)
    ],
    ['an empty state', (state: { cookie: string }) => comeBack({ code: 'c', state: '' }, state.cookie)],
    ['no cookie', ({ state }: { state: string }) => comeBack({ code: 'c', state })],
    [
      'a cookie that was changed',
      ({ state, cookie }: { state: string; cookie: string }) =>
        comeBack({ code: 'c', state }, cookie.replace('.token.', '.cookie.'))
    ],
    [
      'a cookie without its signature',
      ({ state, cookie }: { state: string; cookie: string }) =>
        comeBack({ code: 'c', state }, cookie.split('.').slice(0, 3).join('.'))
    ]
  ])('is refused: %s', async (_what, request) => {
    const answer = await request(await start())
    expect(refusal(answer)).toBe('403 oauth_state_invalid')
    expect(answer.cookies).toEqual([expect.objectContaining({ name: '__Host-parley_oauth', value: '' })])
    expect(asked).toEqual([])
  })

  test('sends a browser back to where it can try again', async () => {
    const answer = await comeBack({ code: 'c', state: 'x' }, '', 'text/html,application/xhtml+xml')
    expect([answer.statusCode, answer.headers.location]).toEqual([307, '/?problem=oauth_state_invalid'])
  })

  test('is given once', async () => {
    expect(refusal(await parley.inject('/api/oauth/github/callback?state=a&state=b'))).toBe(
      '422 validation_failed state'
    )
  })
})

describe('when GitHub does not answer as expected', () => {
  test.each([
    ['refuses the code', () => (tokenAnswer = { status: 200, body: '{"error":"bad_verification_code"}' })],
    ['answers the code with nonsense', () => (tokenAnswer = { status: 200, body: '<html>' })],
    ['answers the code with null', () => (tokenAnswer = { status: 200, body: 'null' })],
    ['fails at the code', () => (tokenAnswer = { status: 500, body: '{}' })],
    ['fails at the user', () => (userAnswer = { status: 500, body: '{}' })],
    ['does not say who it is', () => (userAnswer = { status: 200, body: '{"login":"octocat"}' })],
    ['sends somebody elsewhere', () => (userAnswer = { status: 302, body: '' })]
  ])('because it %s: 502', async (_what, arrange) => {
    arrange()
    const { state, cookie } = await start()
    expect(refusal(await comeBack({ code: 'c', state }, cookie))).toBe('502 login_failed')
  })

  test('because no code came: 502', async () => {
    const { state, cookie } = await start()
    expect(refusal(await comeBack({ state }, cookie))).toBe('502 login_failed')
  })

  test('because the person pressed Cancel: 403, and a browser goes back', async () => {
    const first = await start()
    const denied = { error: 'access_denied', error_description: 'The user has denied access' }
    expect(refusal(await comeBack({ ...denied, state: first.state }, first.cookie))).toBe('403 login_denied')
    const second = await start()
    const answer = await comeBack({ ...denied, state: second.state }, second.cookie, 'text/html')
    expect(answer.headers.location).toBe('/?problem=login_denied')
  })
})

test("a server without GitHub's id has no such sign-in", async () => {
  const plain = await startInProcess()
  expect(refusal(await plain.inject('/api/oauth/github'))).toBe('404 login_unavailable')
  expect(refusal(await plain.inject('/api/oauth/github/callback?code=c&state=s'))).toBe(
    '404 login_unavailable'
  )
  await plain.close()
})
