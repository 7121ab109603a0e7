import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProblemDocument } from '@parley/contract/problems'
import type { Route } from '@parley/contract/route'
import { routes } from '@parley/contract/routes'
import { runAccountCommand } from '../../../server/commands/account-command.ts'
import { addUsers } from '../../../server/people/people.ts'
import { loginAs, type Api } from '../../harness/api.ts'
import { changeBeside } from '../../harness/engine.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'
import { openStream } from '../../harness/stream.ts'

const ours = 'http://localhost:3000'
const evil = 'http://evil.example'

/** No route requires a role yet. */
const madeUp: Record<string, Route> = {
  forModerators: {
    method: 'GET',
    url: '/api/made_up/1',
    access: 'moderator',
    rate: 'read',
    schema: { summary: '' }
  },
  forAdministrators: {
    method: 'GET',
    url: '/api/made_up/2',
    access: 'administrator',
    rate: 'read',
    schema: { summary: '' }
  }
}

let parley: InProcess
let john: Person
let jane: Person
let conversation: string
let message: string
let cookie: string
let url: string
beforeAll(async () => {
  parley = await startInProcess({}, async (server) => {
    for (const route of Object.values(madeUp)) server.route({ ...route, handler: async () => 'done' })
  })
  url = (await parley.listen()).replace('127.0.0.1', 'localhost')
  await addUsers(parley.app.store, ['anna', 'mona', 'carl', 'dora', 'erin'])
  ;[john, jane] = [await parley.signIn('john'), await parley.signIn('jane')]
  conversation = (await john.conversationWith('jane')).id
  message = (await john.send(conversation, 'between us')).id
  const login = await parley.inject({
    method: 'POST',
    url: '/api/login?session=cookie',
    headers: { origin: ours },
    payload: { username: 'john' }
  })
  cookie = `parley_session=${login.cookies[0]!.value}`
})
afterAll(() => parley.close())

const addressOf = (url: string) =>
  url
    .replace(':conversationId', conversation)
    .replace(':messageId', message)
    .replace(':userId', jane.id)
    .replace(/:\w+/, 'x')

/** Returns the heads of all logs, and john's conversation. */
async function everything(): Promise<unknown> {
  const answers = await Promise.all([
    john.get(`/api/conversations/${conversation}`),
    jane.get(`/api/conversations/${conversation}`),
    john.get(`/api/conversations/${conversation}/messages?peek=1`),
    john.get('/api/personal_state')
  ])
  return answers.map((answer) => [answer.headers['event-cursor'], answer.json()])
}

const place = () => ({ database: parley.database, dataDir: parley.dataDir, nats: null })

/** Returns how a request was refused for its caller, or `admitted`, whatever else is wrong with it. */
async function admission({ method, url }: Route, token: string | undefined): Promise<string> {
  const answer = await parley.inject({
    method,
    url: addressOf(url),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    ...(method !== 'GET' && { payload: {} })
  })
  expect(answer.statusCode).toBeLessThan(500)
  if (answer.statusCode !== 401 && answer.statusCode !== 403) return 'admitted'
  const { code, data } = answer.json<ProblemDocument>()
  return [code, data?.['role']].join(' ').trim()
}

describe('a route admits the callers that its access names', () => {
  let disabled: string
  let expired: string
  beforeAll(async () => {
    await runAccountCommand(place(), 'setServerRole', { username: 'mona', role: 'moderator' })
    await runAccountCommand(place(), 'setServerRole', { username: 'anna', role: 'administrator' })
    const dora = await parley.signIn('dora')
    expect((await dora.get('/api/auth_user')).statusCode).toBe(200)
    await runAccountCommand(place(), 'setDisabled', { usernames: ['dora'], disabled: true })
    const erin = await parley.signIn('erin')
    await changeBeside(parley.database, `UPDATE sessions SET expires_at = 1 WHERE user_id = ${erin.id}`)
    ;[disabled, expired] = [dora.token, erin.token]
  })

  /** Tokens by kind of caller; a route may end its caller's session. */
  const callers = {
    stranger: () => undefined,
    'expired token': () => expired,
    'disabled account': () => disabled,
    member: async () => (await parley.signIn('carl')).token,
    moderator: async () => (await parley.signIn('mona')).token,
    administrator: async () => (await parley.signIn('anna')).token
  }
  const members = ['member', 'moderator', 'administrator'] as const
  const admitted: Record<Route['access'], readonly (keyof typeof callers)[]> = {
    public: ['stranger', 'expired token', 'disabled account', ...members],
    user: members,
    moderator: ['moderator', 'administrator'],
    administrator: ['administrator']
  }

  function expected(access: Route['access'], caller: keyof typeof callers): string {
    if (admitted[access].includes(caller)) return 'admitted'
    return (members as readonly string[]).includes(caller) ? `role_required ${access}` : 'unauthenticated'
  }

  const all: [string, Route][] = [...Object.entries(routes), ...Object.entries(madeUp)]
  test.each(all)('W4: %s', async (_name, route) => {
    for (const [caller, tokenOf] of Object.entries(callers) as [
      keyof typeof callers,
      () => Promise<string>
    ][]) {
      expect
        .soft([caller, await admission(route, await tokenOf())])
        .toEqual([caller, expected(route.access, caller)])
    }
  })

  test('W4: only these routes are public', () => {
    const open = Object.entries(routes).filter(([, { access }]) => access === 'public')
    expect(open.map(([name]) => name)).toEqual([
      'login',
      'loginMethods',
      'oauthGithub',
      'oauthGithubCallback'
    ])
  })

  test('W4: its HEAD as well', async () => {
    const { token } = await parley.signIn('carl')
    for (const [headers, status] of [
      [{}, 401],
      [{ authorization: `Bearer ${token}` }, 403]
    ] as const) {
      const answer = await parley.inject({ method: 'HEAD', url: madeUp['forModerators']!.url, headers })
      expect(answer.statusCode).toBe(status)
    }
  })

  test('john is an administrator while the development login is on, and a member in the database', async () => {
    expect(await admission(madeUp['forAdministrators']!, john.token)).toBe('admitted')
    const accounts = await runAccountCommand(place(), 'listAccounts', { after: '' })
    expect(accounts.map(({ username, role }) => `${username} ${role}`)).toEqual([
      'anna administrator',
      'carl member',
      'dora member',
      'erin member',
      'jane member',
      'john member',
      'mona moderator'
    ])
  })

  test('a route without access prevents the start', async () => {
    const started = startInProcess(
      {},
      async (server) => void server.get('/made_up', { rate: 'public' }, async () => '')
    )
    await expect(started).rejects.toThrow('/made_up does not declare its access')
  })

  test('a route without access, or one that is public and counted by user, does not compile', () => {
    const route = { method: 'GET', url: '/', schema: { summary: '' } } as const
    // @ts-expect-error Without access.
    const unprotected: Route = { ...route, rate: 'public' }
    // @ts-expect-error Counted by user.
    const byUser: Route = { ...route, access: 'public', rate: 'read' }
    expect([unprotected, byUser]).toHaveLength(2)
  })
})

describe('a page of another site in a signed-in browser', () => {
  const changing = Object.entries(routes).filter(([name, { method }]) => method !== 'GET' && name !== 'login')
  test('there are routes to try', () => expect(changing.length).toBeGreaterThan(5))

  test.each(changing)('W1: changes nothing: %s', async (_name, { method, url }) => {
    const before = await everything()
    for (const headers of [{ origin: evil }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }, {}]) {
      const answer = await parley.inject({
        method,
        url: addressOf(url),
        headers: { cookie, ...(headers as Record<string, string>) },
        payload: { content: 'in your name', username: 'anna', title: 'mine', role: 'owner' }
      })
      expect(refusal(answer)).toBe('403 origin_mismatch')
    }
    expect(await everything()).toEqual(before)
    expect((await parley.inject({ url: '/api/auth_user', headers: { cookie } })).statusCode).toBe(200)
  })

  const reading = Object.entries(routes).filter(([name, { method }]) => method === 'GET' && name !== 'events')
  test.each(reading)('W1: cannot read, because no answer allows its origin: %s', async (_name, { url }) => {
    const before = await everything()
    const answer = await parley.inject({ url: addressOf(url), headers: { cookie, origin: evil } })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(await everything()).toEqual(before)
  })

  test.each([{ origin: evil }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])(
    'W1: opens no stream and causes no online presence: %o',
    async (headers) => {
      const answer = await fetch(`${url}/api/messages`, {
        headers: { cookie, accept: 'text/event-stream', ...(headers as Record<string, string>) }
      })
      expect([answer.status, await answer.json()]).toEqual([
        403,
        expect.objectContaining({ code: 'origin_mismatch' })
      ])
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(parley.app.hub.size).toBe(0)
    }
  )

  test.each([{}, { origin: ours }, { 'sec-fetch-site': 'same-origin' }])(
    'our own page opens a stream: %o',
    async (headers) => {
      const answer = await fetch(`${url}/api/messages`, {
        headers: { cookie, accept: 'text/event-stream', ...(headers as Record<string, string>) }
      })
      expect(answer.status).toBe(200)
      await answer.body?.cancel()
      await expect.poll(() => parley.app.hub.size).toBe(0)
    }
  )
})

test("W2: another user's cursor is a position in one's own log, or invalid", async () => {
  const [anna, phone] = (await Promise.all(
    ['anna', 'jane'].map((name) => loginAs(url, name, 'http://localhost:3000'))
  )) as [Api, Api]
  const hers = await openStream(url, phone.token)
  await hers.until(({ name }) => name === 'sync')
  const beyond = await openStream(url, anna.token, { lastEventId: hers.lastEventId })
  expect((await beyond.next()).data).toEqual({ reason: 'ahead' })
  await john.send(conversation, 'not for anna')
  await hers.until(({ name }) => name === 'message')
  await anna.conversationWith('jane')
  await beyond.until(({ name }) => name === 'conversation_created')
  expect(JSON.stringify(beyond.seen)).not.toContain('not for anna')
  const whole = await openStream(url, anna.token, { lastEventId: hers.lastEventId.replace(/-\d+$/, '-0') })
  await whole.until(({ name }) => name === 'sync')
  expect(whole.seen.map(({ name }) => name)).toEqual(['conversation_created', 'sync'])
  for (const each of [hers, beyond, whole]) each.cut()
})
