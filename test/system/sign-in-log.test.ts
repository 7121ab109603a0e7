import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { call, callFor, loginAs } from '../harness/api.ts'
import { freePort, startParley } from '../harness/parley.ts'

const from = (address: string) => ({ 'x-forwarded-for': address })

type Line = { msg: string; level: number } & Record<string, unknown>

/** Returns the JSON lines of a log, by message. */
function linesOf(output: string): Line[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
}

test('W3: each sign-in, sign-out and refusal is one line with user, session and address, and no token', async () => {
  await using parley = await startParley({ env: { PARLEY_TRUSTED_PROXIES: '127.0.0.1,::1' } })
  const john = await loginAs(parley.url, 'john')
  const jane = await loginAs(parley.url, 'jane')
  const { id } = await john.conversationWith('jane')
  const { id: sent } = await john.send(id, 'hello')
  const refused = await call(`${parley.url}/api/conversations/${id}/messages/${sent}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${jane.token}`, ...from('203.0.113.7') }
  })
  expect(refused.status).toBe(403)
  const guess = 'x'.repeat(43)
  await call(`${parley.url}/api/auth_user`, {
    headers: { authorization: `Bearer ${guess}`, ...from('203.0.113.8') }
  })
  const host = new URL(parley.url).host
  await callFor(host, `${parley.url}/api/login`, { method: 'POST', body: { username: 'unknown' } })
  await john.post('/api/logout', undefined, from('203.0.113.9'))
  await parley.kill('SIGTERM')

  const lines = linesOf(parley.output())
  const find = (said: string, more: Record<string, unknown> = {}) =>
    lines.filter(
      (line) => line.msg === said && Object.entries(more).every(([key, value]) => line[key] === value)
    )
  const [signedIn] = find('signed in', { userId: Number(john.user.id) })
  expect(signedIn).toMatchObject({
    sessionId: expect.any(String),
    address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/)
  })
  expect(find('signed out')).toEqual([
    expect.objectContaining({
      userId: Number(john.user.id),
      sessionId: signedIn!['sessionId'],
      address: '203.0.113.9'
    })
  ])
  expect(find('refused', { code: 'not_your_message' })).toEqual([
    expect.objectContaining({
      userId: Number(jane.user.id),
      sessionId: expect.any(String),
      address: '203.0.113.7'
    })
  ])
  expect(find('refused', { code: 'unauthenticated', address: '203.0.113.8' })).toHaveLength(1)
  expect(find('a sign-in failed', { code: 'user_not_found' })).toHaveLength(1)
  for (const secret of [john.token, jane.token, guess]) expect(parley.output()).not.toContain(secret)
})

test('a flood of refusals is a few lines, and the next one states how many were omitted', async () => {
  await using parley = await startParley({ env: { PARLEY_TRUSTED_PROXIES: '127.0.0.1,::1' } })
  const knock = (address: string) =>
    call(`${parley.url}/api/auth_user`, { headers: { 'x-forwarded-for': address } })
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 100 }, () => knock('203.0.113.9')))
  await knock('203.0.113.10')
  await parley.kill('SIGTERM')
  const lines = linesOf(parley.output()).filter(({ msg }) => msg === 'refused')
  expect(lines.length).toBeLessThan(100)
  const left = lines.reduce((sum, line) => sum + Number(line['suppressed'] ?? 0), 0)
  expect(left + lines.length).toBe(2_001)
})

test('an unreachable identity provider is logged with its cause', async () => {
  const port = await freePort()
  const github = createServer((_request, response) => response.writeHead(500).end('{}')).listen(
    0,
    '127.0.0.1'
  )
  await once(github, 'listening')
  const working = `http://127.0.0.1:${(github.address() as AddressInfo).port}`
  for (const [url, reason] of [
    [`http://127.0.0.1:${port}`, /ECONNREFUSED/],
    [working, /500/]
  ] as const) {
    await using parley = await startParley({
      env: {
        GITHUB_CLIENT_ID: 'id',
        GITHUB_CLIENT_SECRET: 's3cret',
        PARLEY_GITHUB_URL: url,
        PARLEY_GITHUB_API_URL: url
      }
    })
    const start = await call(`${parley.url}/api/oauth/github`)
    const state = new URL(start.headers.get('location')!).searchParams.get('state')!
    const cookie = start.headers.get('set-cookie')!.split(';')[0]!
    const answer = await call(`${parley.url}/api/oauth/github/callback?code=c0de&state=${state}`, {
      headers: { cookie }
    })
    expect(answer.status).toBe(502)
    await parley.kill('SIGTERM')
    const [line, ...more] = linesOf(parley.output()).filter(({ msg }) =>
      msg.startsWith('the identity provider')
    )
    expect(more).toEqual([])
    expect(line).toMatchObject({
      code: 'login_failed',
      address: expect.any(String),
      reason: expect.stringMatching(reason)
    })
    for (const secret of ['c0de', 's3cret', state, cookie]) expect(parley.output()).not.toContain(secret)
  }
  github.close()
})

test('a plain http ORIGIN of another machine causes a warning at the start', async () => {
  await using plain = await startParley({ env: { ORIGIN: 'http://chat.example.org', HOST: 'localhost' } })
  expect(linesOf(plain.output()).map(({ msg }) => msg)).toContainEqual(
    expect.stringMatching(/^ORIGIN is http:/)
  )
  await using local = await startParley()
  expect(local.output()).not.toContain('ORIGIN is http:')
})
