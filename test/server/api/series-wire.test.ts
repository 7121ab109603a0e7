import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { addUsers } from '../../../server/people/people.ts'
import { places } from '../../../server/places.ts'
import { changeBeside } from '../../harness/engine.ts'
import { origin as githubOrigin, startGithub } from '../../harness/github.ts'
import { startInProcess, type InProcess } from '../../harness/in-process.ts'
import { headerOf, WireRecording, type WireAnswer, type WireRequest } from '../../harness/wire-recording.ts'

/**
 * The bytes of the series' routes, the same on both engines. After an intended change, record them again with
 * `npx vitest run --project unit test/server/api/series-wire.test.ts -u`, and commit the fixture with that change.
 */
const fixture = '../../fixtures/series-wire.txt'
const start = Date.parse('2026-01-31T12:00:00.000Z')
const host = 'localhost:3000'
const webApp = places.webApp
const servers: InProcess[] = []
let folder: string

beforeAll(async () => {
  // Without intervals no heartbeat or presence signal can fall between two exchanges.
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: start })
  // The delay in a stream's `retry:` is random.
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  folder = await mkdtemp(join(tmpdir(), 'parley-wire-web-'))
  await mkdir(join(folder, 'assets'))
  for (const [name, text] of [
    ['index.html', '<!doctype html><title>Parley</title>'],
    ['assets/app-1a2b.js', 'export {}']
  ] as const) {
    await writeFile(join(folder, name), text)
    await utimes(join(folder, name), start / 1_000, start / 1_000)
  }
  places.webApp = folder
})
afterAll(async () => {
  for (const server of servers) await server.close()
  places.webApp = webApp
  vi.restoreAllMocks()
  vi.useRealTimers()
  await rm(folder, { recursive: true, force: true })
})

const wire = new WireRecording()

async function serve(env: Record<string, string>, requestedHost: string): Promise<InProcess> {
  const parley = await startInProcess(env)
  servers.push(parley)
  wire.target = { url: await parley.listen(), host: requestedHost }
  wire.mask(parley.app.store.epoch, 'epoch')
  return parley
}

/** Moves the clock by a second, so that each exchange has a time of its own, and records the exchange. */
function ask(title: string, line: string, request: Omit<WireRequest, 'line'> = {}): Promise<WireAnswer> {
  vi.setSystemTime(Date.now() + 1_000)
  return wire.ask(title, { line, ...request })
}

function open(title: string, line: string, headers: string[]) {
  vi.setSystemTime(Date.now() + 1_000)
  return wire.open(title, { line, headers: [...headers, 'Accept: text/event-stream'] })
}

async function signIn(name: string): Promise<string> {
  const answer = await ask(`${name} signs in`, 'POST /api/login', { json: { username: name } })
  return wire.mask(tokenOf(answer), `token of ${name}`)
}

function tokenOf({ body }: WireAnswer): string {
  return (JSON.parse(body) as { token: string }).token
}

function idOf({ body }: WireAnswer): string {
  return (JSON.parse(body) as { id: string }).id
}

function cookieOf(answer: WireAnswer, name: string): string {
  const cookie = headerOf(answer, 'set-cookie')!.split(';', 1)[0]!
  wire.mask(cookie.slice(cookie.indexOf('=') + 1), name)
  return cookie
}

/** Postgres takes an id from the sequence also for a row that it finds instead of inserting; SQLite leaves no gap. */
async function closeGaps(database: InProcess['database']): Promise<void> {
  if (database.kind === 'sqlite') return
  for (const table of ['conversations', 'messages']) {
    const next = `(SELECT coalesce(max(id), 0) + 1 FROM ${table})`
    await changeBeside(database, `SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${next}, false)`)
  }
}

const bearer = (token: string) => `Authorization: Bearer ${token}`
const json = 'Content-Type: application/json'

async function recordHealthAndWebApp(): Promise<void> {
  await ask('the process lives', 'GET /livez')
  await ask('the process is ready', 'GET /readyz')
  await ask('the process lives, without a body', 'HEAD /livez')
  await ask('the web app', 'GET /')
  await ask('the web app, without a body', 'HEAD /')
  await ask('the web app at an address that it may know', 'GET /conversations/1?x=y')
  await ask('the page that a sign-in ends on', 'GET /callback?token=x&expires_at=y')
  const etag = headerOf(await ask('an asset', 'GET /assets/app-1a2b.js'), 'etag')
  await ask('an asset that the browser has', 'GET /assets/app-1a2b.js', {
    headers: [`If-None-Match: ${etag}`]
  })
  await ask('an unknown asset', 'GET /assets/none.js')
  await ask('the web app takes no POST', 'POST /', { json: {} })
}

async function recordRefusals(john: string): Promise<void> {
  await ask('an unknown address of the API', 'GET /api/nowhere')
  await ask('OPTIONS', 'OPTIONS /api/conversations')
  await ask('a method that the address does not take', 'DELETE /api/conversations')
  await ask('a method that the login does not take', 'GET /api/login')
  await ask('a method that the stream does not take', 'HEAD /api/messages')
  await ask('no token', 'GET /api/auth_user')
  await ask('an unknown token', 'GET /api/auth_user', { headers: [bearer('A'.repeat(43))] })
  await ask('another scheme', 'GET /api/auth_user', { headers: ['Authorization: Basic am9objpqb2hu'] })
  await ask('a token in the address of another route than the stream', 'GET /api/auth_user?token=x')
  await ask('an address that is not UTF-8', 'GET /api/conversations/%ff', { headers: [bearer(john)] })
  await ask('no Host', 'GET /livez', { host: null })
  await ask('what is not HTTP', 'GARBAGE')
  const start = 'POST /api/conversations'
  const broken = '{"username":'
  await ask('a body that is not JSON', start, {
    headers: [bearer(john), json, `Content-Length: ${broken.length}`],
    body: broken
  })
  await ask('a form', start, {
    headers: [bearer(john), 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3'],
    body: 'a=b'
  })
  await ask('too large a body', start, { headers: [bearer(john), json, 'Content-Length: 262145'] })
  await ask('no body', start, { headers: [bearer(john)] })
  await ask('a field of another type', start, { headers: [bearer(john)], json: { username: 1 } })
  await ask('an unknown field', start, { headers: [bearer(john)], json: { username: 'jane', x: 1 } })
  await ask('a NUL', start, { headers: [bearer(john)], json: { username: 'a\0' } })
}

async function recordSignIns(): Promise<void> {
  await ask('an unknown user', 'POST /api/login', { json: { username: 'unknown' } })
  await ask('an empty username', 'POST /api/login', { json: { username: '' } })
  await ask('a login without a username', 'POST /api/login', { json: {} })
  await ask('a login for another host', 'POST /api/login', {
    host: 'chat.example.org',
    json: { username: 'john' }
  })
  await ask('a login through a proxy', 'POST /api/login', {
    headers: ['X-Forwarded-For: 192.0.2.1'],
    json: { username: 'john' }
  })
  await ask("GitHub's sign-in where it is not set up", 'GET /api/oauth/github')
  await ask("GitHub's sign-in where it is not set up, in a browser", 'GET /api/oauth/github', {
    headers: ['Accept: text/html']
  })
  await ask('the way back where it is not set up', 'GET /api/oauth/github/callback?code=c&state=s')
}

async function recordConversations(john: string): Promise<string> {
  const headers = [bearer(john)]
  await ask('the user of a token', 'GET /api/auth_user', { headers })
  await ask('john has no conversation', 'GET /api/conversations', { headers })
  await ask('usernames that start with j', 'GET /api/usernames?search=J', { headers })
  await ask('usernames that start so: none', 'GET /api/usernames?search=x', { headers })
  await ask('usernames that start with nothing', 'GET /api/usernames?search=', { headers })
  await ask('usernames without a search', 'GET /api/usernames', { headers })
  const started = await ask('john starts a conversation with jane', 'POST /api/conversations', {
    headers,
    json: { username: 'jane' }
  })
  await ask('the same one again', 'POST /api/conversations', { headers, json: { username: 'jane' } })
  await ask('with himself', 'POST /api/conversations', { headers, json: { username: 'john' } })
  await ask('with an unknown user', 'POST /api/conversations', { headers, json: { username: 'unknown' } })
  await ask('with an empty username', 'POST /api/conversations', { headers, json: { username: '' } })
  return idOf(started)
}

async function recordStreamRefusals(john: string): Promise<void> {
  const stream = 'GET /api/messages'
  await ask('a stream without Accept', stream, { headers: [bearer(john)] })
  await ask('a stream as JSON', stream, { headers: [bearer(john), 'Accept: application/json'] })
  await ask('a stream without a token', stream, { headers: ['Accept: text/event-stream'] })
  await ask('a stream with an unknown token', `${stream}?token=x`, { headers: ['Accept: text/event-stream'] })
  await ask('a stream after junk', `${stream}?after=junk`, {
    headers: [bearer(john), 'Accept: text/event-stream']
  })
  await ask('a stream with an unknown parameter', `${stream}?x=1`, {
    headers: [bearer(john), 'Accept: text/event-stream']
  })
}

/** What john and jane say to each other, and what jane's stream shows of it as it happens. */
async function recordMessages(
  database: InProcess['database'],
  john: string,
  jane: string,
  id: string
): Promise<void> {
  const at = `/api/conversations/${id}`
  const headers = [bearer(john)]
  const hers = [bearer(jane)]
  const clientId = '00000000-0000-4000-8000-000000000001'
  const send = (title: string, body: unknown, more: string[] = []) =>
    ask(title, `POST ${at}/messages`, { headers: [...headers, ...more], json: body })

  const stream = await open(
    "jane's stream, by the token in its address",
    `GET /api/messages?token=${jane}`,
    []
  )
  await stream.until('event: sync')
  await ask('a conversation without a message is in no list', 'GET /api/conversations', { headers: hers })
  const first = await send('john sends', { content: '  Hello,\n jane  ' })
  await stream.until('\ndata: {"id"')
  await send('john sends with a clientId', { content: 'é 👋 <b>"quoted"</b>', clientId })
  await stream.until('"position":2')
  await send('the same again', { content: 'é 👋 <b>"quoted"</b>', clientId })
  await send('the same again, by the header', { content: 'é 👋 <b>"quoted"</b>' }, [
    `Idempotency-Key: ${clientId}`
  ])
  await send('another content with the same key', { content: 'other', clientId })
  await send('two keys', { content: 'x', clientId }, ['Idempotency-Key: other'])
  await send('an empty message', { content: ' ' })
  await send('no content', {})
  await send('too long a message', { content: 'x'.repeat(4_001) })
  await send('a lone surrogate', { content: '\ud800' })
  await send('a clientId that is no UUID', { content: 'x', clientId: 'x' })

  await ask('jane lists conversations', 'GET /api/conversations', { headers: hers })
  await ask('jane gets it', `GET ${at}`, { headers: hers })
  await ask('the other participant', `GET ${at}/other_participant`, { headers: hers })
  await ask('jane peeks', `GET ${at}/messages?peek=1`, { headers: hers })
  await ask('jane asks what is before', `GET ${at}/messages?before=${Number(idOf(first)) + 1}`, {
    headers: hers
  })
  await ask('jane asks what is before the first', `GET ${at}/messages?before=${idOf(first)}`, {
    headers: hers
  })
  await ask('a HEAD marks nothing', `HEAD ${at}/messages`, { headers: hers })
  await ask('it is unread still', `GET ${at}`, { headers: hers })
  await ask('jane reads up to the first', `POST ${at}/read_messages`, {
    headers: hers,
    json: { upTo: idOf(first) }
  })
  await stream.until('event: read')
  await ask('jane reads', `GET ${at}/messages`, { headers: hers })
  await stream.until('event: read', 2)
  await ask('jane reads again', `POST ${at}/read_messages`, { headers: hers })
  await closeGaps(database)
  await ask('jane answers', `POST ${at}/messages`, { headers: hers, json: { content: 'Hi' } })
  await stream.until('event: message_sent')
  await stream.close()

  await ask('john has something unread', 'GET /api/conversations', { headers })
  await ask('john marks it read, without a body', `POST ${at}/read_messages`, { headers })
  await ask('it is read', `GET ${at}`, { headers })
  await ask('up to no message', `POST ${at}/read_messages`, { headers, json: { upTo: '999' } })
  await ask('up to an invalid id', `POST ${at}/read_messages`, { headers, json: { upTo: 'x' } })
  await ask('up to a number', `POST ${at}/read_messages`, { headers, json: { upTo: 1 } })
}

async function recordNotMine(joan: string, id: string): Promise<void> {
  const headers = [bearer(joan)]
  for (const other of [id, '999', 'x']) {
    const at = `/api/conversations/${other}`
    await ask(`joan is not in ${other}`, `GET ${at}`, { headers })
    await ask(`the other participant of ${other}`, `GET ${at}/other_participant`, { headers })
    await ask(`the messages of ${other}`, `GET ${at}/messages`, { headers })
    await ask(`a message to ${other}`, `POST ${at}/messages`, { headers, json: { content: 'x' } })
    await ask(`a read mark in ${other}`, `POST ${at}/read_messages`, { headers })
  }
  await ask('conversations before one that is not hers', `GET /api/conversations?before=${id}`, { headers })
}

async function recordPages(john: string, id: string): Promise<void> {
  const headers = [bearer(john)]
  for (const username of ['joan', 'jack']) {
    const answer = await ask(`john starts a conversation with ${username}`, 'POST /api/conversations', {
      headers,
      json: { username }
    })
    await ask(`john writes to ${username}`, `POST /api/conversations/${idOf(answer)}/messages`, {
      headers,
      json: { content: `Hello, ${username}` }
    })
  }
  await ask('newest message first', 'GET /api/conversations', { headers })
  await ask('compressed', 'GET /api/conversations', { headers: [...headers, 'Accept-Encoding: gzip'] })
  await ask('before the second', 'GET /api/conversations?before=2', { headers })
  await ask('before an invalid id', 'GET /api/conversations?before=x', { headers })
  await ask('messages before an invalid id', `GET /api/conversations/${id}/messages?before=x`, { headers })
  await ask('another value of peek', `GET /api/conversations/${id}/messages?peek=2`, { headers })
}

async function recordReplays(epoch: string, john: string): Promise<void> {
  const read = async (title: string, line: string, headers: string[] = []) => {
    const stream = await open(title, line, [bearer(john), ...headers])
    await stream.until('event: sync')
    await stream.close()
  }
  await read('a stream starts at the head', 'GET /api/messages')
  await read('it replays all after an id', 'GET /api/messages', [`Last-Event-ID: ${epoch}-0`])
  await read('it replays what follows an id', `GET /api/messages?after=${epoch}-4`)
  await read('the header wins', `GET /api/messages?after=${epoch}-0`, [`Last-Event-ID: ${epoch}-5`])
  await read("a polyfill's parameter wins", `GET /api/messages?after=${epoch}-0&lastEventId=${epoch}-5`)
  await read('a reset: an id above the head', `GET /api/messages?after=${epoch}-999`)
  await read('a reset: an id of another epoch', 'GET /api/messages?after=another-1')
}

async function recordCookies(): Promise<void> {
  const own = `Origin: http://${host}`
  await ask('cookie mode without our origin', 'POST /api/login?session=cookie', {
    json: { username: 'jane' }
  })
  await ask('an unknown mode', 'POST /api/login?session=x', { headers: [own], json: { username: 'jane' } })
  const answer = await ask('jane signs in by a cookie', 'POST /api/login?session=cookie', {
    headers: [own],
    json: { username: 'jane' }
  })
  let cookie = `Cookie: ${cookieOf(answer, 'cookie of jane')}`
  await ask('the cookie says who she is', 'GET /api/auth_user', { headers: [cookie] })
  await ask('a change without our origin', 'POST /api/refresh_token', { headers: [cookie] })
  await ask("a change by another site's page", 'POST /api/refresh_token', {
    headers: [cookie, 'Origin: https://evil.example']
  })
  const refreshed = await ask('a fresh cookie', 'POST /api/refresh_token', { headers: [cookie, own] })
  cookie = `Cookie: ${cookieOf(refreshed, 'second cookie of jane')}`
  await ask("a stream opened by another site's page", 'GET /api/messages', {
    headers: [cookie, 'Origin: https://evil.example', 'Accept: text/event-stream']
  })
  await ask('a header beside the cookie decides', 'GET /api/auth_user', { headers: [cookie, bearer('x')] })
  await ask('jane signs out', 'POST /api/logout', { headers: [cookie, own] })
  await ask('the cookie has ended', 'GET /api/auth_user', { headers: [cookie] })
}

async function recordEndOfSession(john: string): Promise<void> {
  const answer = await ask('john refreshes the token', 'POST /api/refresh_token', { headers: [bearer(john)] })
  const second = wire.mask(tokenOf(answer), 'second token of john')
  await ask('again, as the answer was lost', 'POST /api/refresh_token', { headers: [bearer(john)] })
  await ask('the old token lives', 'GET /api/auth_user', { headers: [bearer(john)] })
  await ask('the new token is used', 'GET /api/auth_user', { headers: [bearer(second)] })
  await ask('the old token has ended', 'GET /api/auth_user', { headers: [bearer(john)] })
  const stream = await open('the stream of a session that ends', 'GET /api/messages', [bearer(second)])
  await stream.until('event: sync')
  await ask('john signs out', 'POST /api/logout', { headers: [bearer(second)] })
  await stream.closed()
  await ask('the token has ended', 'POST /api/logout', { headers: [bearer(second)] })
}

/** On a server with https, GitHub's sign-in and one stream a user. */
async function recordGithub(): Promise<void> {
  await ask('no development login', 'POST /api/login', { json: { username: 'john' } })
  await ask('headers under https', 'GET /livez')
  await ask('a state of another server', `GET /api/oauth/github/callback?code=c&state=${'x'.repeat(32)}`)
  await ask('the same, in a browser', `GET /api/oauth/github/callback?code=c&state=${'x'.repeat(32)}`, {
    headers: ['Accept: text/html']
  })
  const start = async (title: string, query: string) => {
    const answer = await ask(title, `GET /api/oauth/github${query}`)
    const location = new URL(headerOf(answer, 'location')!)
    const state = location.searchParams.get('state')!
    wire.mask(location.searchParams.get('code_challenge')!, 'challenge')
    const cookie = `Cookie: ${cookieOf(answer, 'cookie of the sign-in')}`
    wire.mask(state, 'state')
    wire.mask(`parley_oauth-${state.slice(0, 8)}`, 'sign-in')
    return { cookie, back: `GET /api/oauth/github/callback?code=c&state=${state}` }
  }
  const { cookie, back } = await start('a sign-in starts at GitHub', '')
  const ended = await ask('it ends with a token', back, { headers: [cookie] })
  const location = new URL(headerOf(ended, 'location')!, githubOrigin)
  const token = wire.mask(location.searchParams.get('token')!, 'token of octocat')
  await ask('the user of that token', 'GET /api/auth_user', { headers: [bearer(token)] })
  await ask('a state counts once', back, { headers: [cookie] })
  const denied = await start('a sign-in that is called off', '')
  await ask('it is refused', denied.back.replace('code=c', 'error=access_denied'), {
    headers: [denied.cookie]
  })
  const byCookie = await start('a sign-in by a cookie', '?session=cookie')
  const answer = await ask('it ends without a token', byCookie.back, { headers: [byCookie.cookie] })
  wire.mask(/__Host-parley_session=([^;]+)/.exec(answer.head)?.[1], 'cookie of octocat')
  await ask('an unknown mode', 'GET /api/oauth/github?session=x')

  const stream = await open('the one stream that a user may have', 'GET /api/messages', [bearer(token)])
  await stream.until('event: sync')
  const second = await open('a second stream is refused', 'GET /api/messages', [bearer(token)])
  await second.closed()
  await stream.close()
}

test("the series' routes answer with the recorded bytes", async () => {
  const parley = await serve({}, host)
  await addUsers(parley.app.store, ['joan', 'Jack', 'jill', 'jim', 'joe'])
  await recordHealthAndWebApp()
  await recordSignIns()
  const john = await signIn('john')
  const jane = await signIn('jane')
  const joan = await signIn('joan')
  await recordRefusals(john)
  const id = await recordConversations(john)
  await recordStreamRefusals(john)
  await recordMessages(parley.database, john, jane, id)
  await recordNotMine(joan, id)
  await closeGaps(parley.database)
  await recordPages(john, id)
  await recordReplays(parley.app.store.epoch, john)
  await recordCookies()
  await recordEndOfSession(john)

  const github = await startGithub()
  try {
    wire.mask(github.env['PARLEY_GITHUB_URL'], 'github')
    await serve(
      { ...github.env, PARLEY_GITHUB_ALLOW: '*', PARLEY_STREAMS_PER_USER: '1' },
      new URL(githubOrigin).host
    )
    await recordGithub()
  } finally {
    github.close()
  }
  await expect(wire.text).toMatchFileSnapshot(fixture)
})
