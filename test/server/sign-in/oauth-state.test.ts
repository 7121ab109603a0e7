import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { origin, startGithub, startSignIns, type FakeGithub, type SignIns } from '../../harness/github.ts'
import { refusal } from '../../harness/in-process.ts'

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

describe('the return path', () => {
  test.each([['?session=cookie'], ['?']])('leads to the page where the user was: %s', async (query) => {
    const { state, cookie } = await browser.start(
      `${query}&return_to=${encodeURIComponent('/conversations/1')}`
    )
    const answer = await browser.comeBack({ code: 'c', state }, cookie)
    const location = new URL(String(answer.headers.location), origin)
    expect([location.origin, location.pathname]).toEqual([origin, '/callback'])
    expect(location.searchParams.get('return_to')).toBe('/conversations/1')
    expect(location.searchParams.has('token')).toBe(query === '?')
  })

  test('leads there with the error as well', async () => {
    const { state, cookie } = await browser.start('?return_to=/conversations/1')
    const answer = await browser.comeBack({ error: 'access_denied', state }, cookie, 'text/html')
    expect(answer.headers.location).toBe('/conversations/1?problem=login_denied')
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/%2F%2Fevil.example',
    '/%5Cevil.example',
    '/.//evil.example',
    '/../evil',
    '/a//evil.example',
    '/\tevil',
    '/\r\nset-cookie: x=1',
    '/a\0',
    '/\u2028',
    '/@evil.example',
    'conversations/1',
    '',
    '/callback?token=x',
    '/callback',
    '/api/oauth/github',
    '/?next=//evil.example',
    '/#//evil.example',
    `/${'a'.repeat(600)}`
  ])('never leads to another site: %j', async (path) => {
    const url = `/api/oauth/github?return_to=${encodeURIComponent(path)}`
    const answer = await browser.parley.inject(url)
    expect(refusal(answer)).toBe('422 validation_failed return_to')
    expect(answer.cookies).toEqual([])
  })

  test.each(['/', '/conversations/1', '/conversations/1/', '/settings?tab=sessions#list', '/i/AbC_1-2'])(
    'may lead to %s',
    async (path) => {
      expect((await browser.start(`?return_to=${encodeURIComponent(path)}`)).state).toBeTruthy()
    }
  )
})

describe('the state', () => {
  test.each([
    ['no state', (state: { cookie: string }) => browser.comeBack({ code: 'c' }, state.cookie)],
    [
      'another state',
      (state: { cookie: string }) => browser.comeBack({ code: 'c', state: 'x'.repeat(32) }, state.cookie)
    ],
    [
      'an empty state',
      (state: { cookie: string }) => browser.comeBack({ code: 'c', state: '' }, state.cookie)
    ],
    ['no cookie', ({ state }: { state: string }) => browser.comeBack({ code: 'c', state })],
    [
      'a modified cookie',
      ({ state, cookie }: { state: string; cookie: string }) =>
        browser.comeBack({ code: 'c', state }, cookie.replace('.token.', '.cookie.'))
    ],
    [
      'a cookie without its signature',
      ({ state, cookie }: { state: string; cookie: string }) =>
        browser.comeBack({ code: 'c', state }, cookie.split('.').slice(0, 3).join('.'))
    ]
  ])('is refused: %s', async (_what, request) => {
    const answer = await request(await browser.start())
    expect(refusal(answer)).toBe('403 oauth_state_invalid')
    expect(answer.cookies.filter(({ value }) => value !== '')).toEqual([])
    expect(github.asked).toEqual([])
  })

  test('works once, even for a browser that kept its cookie and after the user pressed Cancel', async () => {
    const { state, cookie } = await browser.start()
    expect((await browser.comeBack({ code: 'c', state }, cookie)).statusCode).toBe(307)
    expect(refusal(await browser.comeBack({ code: 'c', state }, cookie))).toBe('403 oauth_state_invalid')
    const denied = await browser.start()
    await browser.comeBack({ error: 'access_denied', state: denied.state }, denied.cookie)
    expect(refusal(await browser.comeBack({ code: 'c', state: denied.state }, denied.cookie))).toBe(
      '403 oauth_state_invalid'
    )
  })

  test('works once when it arrives twice at the same moment', async () => {
    const { state, cookie } = await browser.start()
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => browser.comeBack({ code: 'c', state }, cookie))
    )
    expect(answers.filter(({ statusCode }) => statusCode === 307)).toHaveLength(1)
    expect(github.asked.filter(({ url }) => url === '/login/oauth/access_token')).toHaveLength(1)
  })

  test('of two tabs signs in both, in any order, even if they started at the same moment', async () => {
    const [one, two] = await Promise.all([browser.start(), browser.start()])
    const three = await browser.start('', `${one.cookie}; ${two.cookie}`)
    const jar = [one, two, three].map(({ cookie }) => cookie).join('; ')
    for (const { state } of [three, one, two]) {
      expect((await browser.comeBack({ code: 'c', state }, jar)).statusCode).toBe(307)
    }
  })

  test("of a browser's sixth sign-in replaces the oldest", async () => {
    const jar = new Map<string, string>()
    const header = () => [...jar].map((pair) => pair.join('=')).join('; ')
    vi.useFakeTimers({ toFake: ['Date'] })
    for (let n = 0; n < 8; n++) {
      vi.advanceTimersByTime(1_000)
      const answer = await browser.parley.inject({ url: '/api/oauth/github', headers: { cookie: header() } })
      for (const { name, value } of answer.cookies) {
        if (value === '') jar.delete(name)
        else jar.set(name, value)
      }
    }
    vi.useRealTimers()
    expect(jar.size).toBe(5)
  })

  test('expires after ten minutes', async () => {
    const { state, cookie } = await browser.start()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 })
    const answer = await browser.comeBack({ code: 'c', state }, cookie)
    vi.useRealTimers()
    expect(refusal(answer)).toBe('403 oauth_state_invalid')
  })

  test('sends a browser back to a page where it can retry', async () => {
    const answer = await browser.comeBack({ code: 'c', state: 'x' }, '', 'text/html,application/xhtml+xml')
    expect([answer.statusCode, answer.headers.location]).toEqual([307, '/?problem=oauth_state_invalid'])
  })

  test('is set once', async () => {
    expect(refusal(await browser.parley.inject('/api/oauth/github/callback?state=a&state=b'))).toBe(
      '422 validation_failed state'
    )
  })
})
