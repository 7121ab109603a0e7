import { hash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { addUsers } from '../../../server/people/people.ts'
import {
  githubUser,
  origin,
  startGithub,
  startSignIns,
  type FakeGithub,
  type SignIns
} from '../../harness/github.ts'
import { refusal, startInProcess } from '../../harness/in-process.ts'

let github: FakeGithub
let browser: SignIns
beforeAll(async () => {
  github = await startGithub()
  browser = await startSignIns(github, { PARLEY_GITHUB_ALLOW: '*' })
})
afterAll(async () => {
  await browser.close()
  github.close()
})
beforeEach(() => github.reset())

describe("GitHub's sign-in", () => {
  test('starts at GitHub, with our client id, our redirect URL and a state', async () => {
    const { location, state } = await browser.start()
    expect(location.pathname).toBe('/login/oauth/authorize')
    expect(Object.fromEntries(location.searchParams)).toEqual({
      client_id: 'client-id',
      redirect_uri: `${origin}/api/oauth/github/callback`,
      scope: 'read:user',
      state,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256'
    })
    expect(state).toMatch(/^[\w-]{32}$/)
    expect((await browser.start()).state).not.toBe(state)
  })

  test('ends at /callback with a token and its expiry, as in the series', async () => {
    const { state, cookie, location: begun } = await browser.start()
    const answer = await browser.comeBack({ code: 'the-code', state }, cookie)
    expect(answer.statusCode).toBe(307)
    const location = new URL(String(answer.headers.location), origin)
    expect(location.pathname).toBe('/callback')
    expect([...location.searchParams.keys()]).toEqual(['token', 'expires_at'])
    expect(location.searchParams.get('expires_at')).toMatch(/^\d{4}-.*Z$/)
    expect(answer.cookies).toEqual([expect.objectContaining({ name: cookie.split('=')[0], value: '' })])

    const headers = { authorization: `Bearer ${location.searchParams.get('token')}` }
    const me = await browser.parley.inject({ url: '/api/auth_user', headers })
    expect(me.json()).toMatchObject({ username: 'octocat', avatarURL: 'https://avatars.example/583231' })

    expect(github.asked.map(({ url }) => url)).toEqual(['/login/oauth/access_token', '/api/v3/user'])
    const { code_verifier: verifier, ...exchange } = Object.fromEntries(
      new URLSearchParams(github.asked[0]!.body)
    )
    expect(hash('sha256', verifier!, 'base64url')).toBe(begun.searchParams.get('code_challenge'))
    expect(exchange).toEqual({
      client_id: 'client-id',
      client_secret: 'client-secret',
      redirect_uri: `${origin}/api/oauth/github/callback`,
      code: 'the-code'
    })
    expect(github.asked[0]!.headers['accept']).toBe('application/json')
    expect(github.asked[1]!.headers['authorization']).toBe('Bearer gho_1')
  })

  test('in cookie mode sets a Secure cookie and puts no token in any URL', async () => {
    const { state, cookie } = await browser.start('?session=cookie')
    const answer = await browser.comeBack({ code: 'c', state }, cookie)
    expect(answer.headers.location).toBe('/callback')
    const session = answer.cookies.find(({ name }) => name === '__Host-parley_session')!
    expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
    const me = await browser.parley.inject({
      url: '/api/auth_user',
      headers: { cookie: `__Host-parley_session=${session.value}` }
    })
    expect(me.json().username).toBe('octocat')
  })

  test('recognises an account by its id after a rename', async () => {
    const first = await browser.signInWith('mona', 7)
    expect((await browser.signInWith('mona-lisa', 7)).id).toBe(first.id)
  })

  test('adds a suffix to a taken username', async () => {
    await addUsers(browser.parley.app.store, ['hubot'])
    expect((await browser.signInWith('Hubot', 8)).username).toBe('Hubot-2')
    expect((await browser.signInWith('hubot', 9)).username).toBe('hubot-3')
  })

  test.each([
    ['a NUL', 'a\0b'],
    ['a letter of another script', 'pаypal'],
    ['an invisible character', 'a\u034fb'],
    ['too many characters', 'x'.repeat(20_000)],
    ['lone surrogates', 'a\ud800'],
    ['only invisible characters', '\u3164'],
    ['a space', 'two words']
  ])('names an account whose login has %s by its id', async (_what, login) => {
    const id = 1_000 + login.length
    expect((await browser.signInWith(login, id)).username).toBe(`github-${id}`)
  })

  test('shortens a taken username of 39 characters to fit a suffix', async () => {
    const login = 'l'.repeat(39)
    await addUsers(browser.parley.app.store, [login])
    expect((await browser.signInWith(login, 32)).username).toBe(`${'l'.repeat(37)}-2`)
  })

  test('uses a random suffix when all counted ones are taken', async () => {
    const suffixes = Array.from({ length: 8 }, (_, index) => `-${index + 2}`)
    await addUsers(
      browser.parley.app.store,
      ['', ...suffixes].map((suffix) => `mona${suffix}`)
    )
    expect((await browser.signInWith('mona', 22)).username).toMatch(/^mona-\d{1,9}$/)
  })

  test.each([
    ['javascript:alert(1)', null],
    ['https://user:secret@avatars.example/1', null],
    [`https://avatars.example/${'x'.repeat(3_000)}`, null],
    ['data:image/png;base64,AAAA', null],
    ['https://avatars.example/a\0b', 'https://avatars.example/a%00b'],
    ['https://avatars.example/\ud800', 'https://avatars.example/%EF%BF%BD']
  ])('accepts only web addresses as avatars: %j', async (avatar, avatarURL) => {
    github.userAnswer = githubUser(12, 'pictured', avatar)
    const { state, cookie } = await browser.start()
    const answer = await browser.comeBack({ code: 'c', state }, cookie)
    const token = new URL(String(answer.headers.location), origin).searchParams.get('token')
    const me = await browser.parley.inject({
      url: '/api/auth_user',
      headers: { authorization: `Bearer ${token}` }
    })
    expect(me.json().avatarURL).toBe(avatarURL)
  })

  test('ends the session of the previous cookie', async () => {
    const cookies: string[] = []
    for (const id of [13, 14]) {
      github.userAnswer = githubUser(id, `person-${id}`)
      const { state, cookie } = await browser.start('?session=cookie')
      const answer = await browser.comeBack({ code: 'c', state }, [cookie, ...cookies].join('; '))
      cookies.unshift(
        `__Host-parley_session=${answer.cookies.find(({ name }) => name.endsWith('session'))!.value}`
      )
    }
    const statuses = []
    for (const cookie of cookies) {
      statuses.push((await browser.parley.inject({ url: '/api/auth_user', headers: { cookie } })).statusCode)
    }
    expect(statuses).toEqual([200, 401])
  })
})

describe('when GitHub does not answer as expected', () => {
  test.each([
    [
      'refuses the code',
      () => (github.tokenAnswer = { status: 200, body: '{"error":"bad_verification_code"}' })
    ],
    ['answers the code with invalid data', () => (github.tokenAnswer = { status: 200, body: '<html>' })],
    ['answers the code with null', () => (github.tokenAnswer = { status: 200, body: 'null' })],
    ['fails at the code request', () => (github.tokenAnswer = { status: 500, body: '{}' })],
    ['fails at the user request', () => (github.userAnswer = { status: 500, body: '{}' })],
    ['does not identify the user', () => (github.userAnswer = { status: 200, body: '{"login":"octocat"}' })],
    ['redirects elsewhere', () => (github.userAnswer = { status: 302, body: '' })],
    [
      'never completes its answer',
      () =>
        (github.userAnswer = {
          status: 200,
          body: `${githubUser(1, 'octocat').body}${' '.repeat(10_000_000)}`
        })
    ],
    [
      'returns an invalid token',
      () => (github.tokenAnswer = { status: 200, body: JSON.stringify({ access_token: 'a\r\nx: y' }) })
    ],
    ['returns an invalid id', () => (github.userAnswer = githubUser(-1, 'octocat'))]
  ])('because it %s: 502', async (_what, arrange) => {
    arrange()
    const { state, cookie } = await browser.start()
    expect(refusal(await browser.comeBack({ code: 'c', state }, cookie))).toBe('502 login_failed')
  })

  test('because it sends one byte per second, Parley answers 502 within ten seconds in total', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      expect(ms).toBe(10_000)
      return timeout.signal
    })
    const timeout = new AbortController()
    github.slow = (response) => {
      response.write('{')
      timeout.abort()
    }
    const { state, cookie } = await browser.start()
    expect(refusal(await browser.comeBack({ code: 'c', state }, cookie))).toBe('502 login_failed')
    vi.restoreAllMocks()
  })

  test('because no code arrived, Parley answers 502', async () => {
    const { state, cookie } = await browser.start()
    expect(refusal(await browser.comeBack({ state }, cookie))).toBe('502 login_failed')
  })

  test('because the user pressed Cancel, Parley answers 403, or redirects a browser', async () => {
    const first = await browser.start()
    const denied = { error: 'access_denied', error_description: 'The user has denied access' }
    expect(refusal(await browser.comeBack({ ...denied, state: first.state }, first.cookie))).toBe(
      '403 login_denied'
    )
    const second = await browser.start()
    const answer = await browser.comeBack({ ...denied, state: second.state }, second.cookie, 'text/html')
    expect(answer.headers.location).toBe('/?problem=login_denied')
  })
})

test('a server without a GitHub client id has no such sign-in', async () => {
  const plain = await startInProcess()
  expect(refusal(await plain.inject('/api/oauth/github'))).toBe('404 login_unavailable')
  expect(refusal(await plain.inject('/api/oauth/github/callback?code=c&state=s'))).toBe(
    '404 login_unavailable'
  )
  await plain.close()
})
