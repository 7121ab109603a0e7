import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGithub, startSignIns, type FakeGithub, type SignIns } from '../../harness/github.ts'

let github: FakeGithub
let browser: SignIns
beforeAll(async () => {
  github = await startGithub()
})
afterAll(() => github.close())
beforeEach(() => github.reset())
afterEach(() => browser.close())

async function allow(names: string): Promise<void> {
  browser = await startSignIns(github, { PARLEY_GITHUB_ALLOW: names })
}

describe('PARLEY_GITHUB_ALLOW', () => {
  test('unset, creates no accounts and lets existing users in', async () => {
    await allow('')
    expect(await browser.tryToSignIn('octocat', 1)).toBe('403 registration_closed')
    expect(await browser.parley.app.store.read('findUser', { key: 'octocat' })).toBeNull()
    await browser.parley.app.store.write('addUser', {
      username: 'octocat',
      key: 'octocat',
      avatarURL: null,
      githubId: '1',
      now: 1
    })
    expect(await browser.tryToSignIn('renamed-since', 1)).toBe(307)
  })

  test('admits the users that it names, in any case, without another request to GitHub', async () => {
    await allow('Octocat, hubot')
    expect((await browser.start()).location.searchParams.get('scope')).toBe('read:user')
    expect([await browser.tryToSignIn('octoCAT', 1), await browser.tryToSignIn('hubot', 2)]).toEqual([
      307, 307
    ])
    expect(await browser.tryToSignIn('octocat2', 3)).toBe('403 registration_closed')
  })

  test('admits active members of its organisations', async () => {
    await allow('org:acme org:umbrella')
    expect((await browser.start()).location.searchParams.get('scope')).toBe('read:user read:org')
    expect(await browser.tryToSignIn('mona', 1)).toBe('403 registration_closed')
    github.memberships['acme'] = { status: 403, body: '{}' }
    github.memberships['umbrella'] = { status: 200, body: '{"state":"pending"}' }
    expect(await browser.tryToSignIn('mona', 1)).toBe('403 registration_closed')
    github.memberships['umbrella'] = { status: 500, body: '{}' }
    expect(await browser.tryToSignIn('mona', 1)).toBe('502 login_failed')
    github.memberships['umbrella'] = { status: 200, body: '{"state":"active"}' }
    expect(await browser.tryToSignIn('mona', 1)).toBe(307)
    github.asked = []
    // Existing users cause no further request to GitHub.
    github.memberships = {}
    expect(await browser.tryToSignIn('mona', 1)).toBe(307)
    expect(github.asked.filter(({ url }) => url.includes('github.memberships'))).toEqual([])
  })

  test('reports a refusal to a browser on its page', async () => {
    await allow('org:acme')
    const { state, cookie } = await browser.start('?session=cookie&return_to=/conversations/1')
    const answer = await browser.comeBack({ code: 'c', state }, cookie, 'text/html')
    expect(answer.headers.location).toBe('/conversations/1?problem=registration_closed')
  })
})
