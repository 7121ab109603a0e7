import type { ServerRole } from '@parley/contract/primitives'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { runAccountCommand } from '../../../server/commands/account-command.ts'
import { accountCommands } from '../../../server/accounts/accounts.ts'
import { principalOf } from '../../../server/platform/http/auth.ts'
import type { Store } from '../../../server/store.ts'
import { changeBeside } from '../../harness/engine.ts'
import { refusal, startInProcess, type InProcess } from '../../harness/in-process.ts'
import { openStream } from '../../harness/stream.ts'
import { sendOf } from '../../fixtures/people.ts'

let parley: InProcess
let url: string
beforeAll(async () => {
  parley = await startInProcess({}, async (server) => {
    const options = { access: 'user', rate: 'read' } as const
    server.get('/api/made_up/role', options, (request) =>
      Promise.resolve({ role: principalOf(request).role })
    )
  })
  url = await parley.listen()
  await addUsers('anna', 'bob')
})
afterAll(() => parley.close())

const place = () => ({ database: parley.database, dataDir: parley.dataDir, nats: null })
/** Does what `parley user add` and `user disable` do, while the server runs. */
const addUsers = (...names: string[]) => runAccountCommand(place(), 'addUsers', names)
const setDisabled = (disabled: boolean, ...usernames: string[]) =>
  runAccountCommand(place(), 'setDisabled', { usernames, disabled })
/** Does what `parley user role` does. */
const setRole = (username: string, role: ServerRole) =>
  runAccountCommand(place(), 'setServerRole', { username, role })

/** Delays every sweep for ended sessions until it is resolved. */
function holdSweeps(): PromiseWithResolvers<void> {
  const held = Promise.withResolvers<void>()
  const { store } = parley.app
  const read = store.read.bind(store)
  const spy = vi.spyOn(store, 'read').mockImplementation(async (...args: Parameters<Store['read']>) => {
    if (args[0] === 'listSessionEnds') await held.promise
    return read(...args)
  })
  void held.promise.then(() => spy.mockRestore())
  return held
}

describe('An account disabled by a command while Parley runs', () => {
  test('S5: loses its sessions and streams within a second, receives nothing more, and can be enabled again', async () => {
    const [anna, phone] = [await parley.signIn('anna'), await parley.signIn('anna')]
    const bob = await parley.signIn('bob')
    const { id } = await anna.conversationWith('bob')
    const streams = await Promise.all([anna, phone].map(({ token }) => openStream(url, token)))
    const his = await openStream(url, bob.token)
    for (const stream of [...streams, his]) await stream.until(({ name }) => name === 'sync')

    // Without a sweep, the command's notice alone must end the session.
    const sweeps = holdSweeps()
    expect(await setDisabled(true, 'ANNA')).toEqual([{ username: 'anna', changes: expect.any(Array) }])
    await Promise.all(streams.map(({ ended }) => ended))
    sweeps.resolve()

    const token = { authorization: `Bearer ${anna.token}` }
    for (const each of [
      anna.get('/api/auth_user'),
      phone.get('/api/conversations'),
      anna.get(`/api/conversations/${id}/messages`),
      anna.post(`/api/conversations/${id}/messages`, { content: 'hello' }),
      anna.post('/api/refresh_token'),
      parley.inject({ url: '/api/messages', headers: { ...token, accept: 'text/event-stream' } })
    ]) {
      expect(refusal(await each)).toBe('401 unauthenticated')
    }
    const login = { method: 'POST' as const, url: '/api/login', payload: { username: 'anna' } }
    expect(refusal(await parley.inject(login))).toBe('403 account_disabled')

    await bob.send(id, 'still here')
    await his.until(({ name }) => name === 'message_sent')
    his.cut()

    expect(await setDisabled(false, 'anna')).toEqual([{ username: 'anna', changes: [] }])
    expect(refusal(await anna.get('/api/auth_user'))).toBe('401 unauthenticated')
    const again = await parley.signIn('anna')
    const messages = (await again.get(`/api/conversations/${id}/messages`)).json<{ content: string }[]>()
    expect(messages.map(({ content }) => content)).toEqual(['still here'])
  })

  test('has its pending sends refused, and no one else’s', async () => {
    const anna = await parley.signIn('anna')
    const bob = await parley.signIn('bob')
    const conversationId = Number((await anna.conversationWith('bob')).id)
    const send = (person: { id: string }, content: string) =>
      parley.app.store.send(sendOf(Number(person.id), conversationId, content))
    expect(await send(anna, 'before')).toHaveProperty('message')
    await setDisabled(true, 'anna')
    const [hers, his] = await Promise.all([send(anna, 'after'), send(bob, 'his')])
    expect(hers).toEqual({ refused: 'account_disabled' })
    expect(his).toHaveProperty('message')
    await setDisabled(false, 'anna')
    expect(await send(anna, 'again')).toHaveProperty('message')
  })

  test('cannot complete a sign-in that was in progress', async () => {
    await addUsers('carla')
    for (let round = 0; round < 10; round++) {
      const [, ...signIns] = await Promise.all([
        accountCommands.setDisabled(parley.app.store, { usernames: ['carla'], disabled: true }),
        ...Array.from({ length: 4 }, () =>
          parley.inject({ method: 'POST', url: '/api/login', payload: { username: 'carla' } })
        )
      ])
      for (const answer of signIns) {
        if (answer.statusCode === 403) continue
        const headers = { authorization: `Bearer ${answer.json<{ token: string }>().token}` }
        expect((await parley.inject({ url: '/api/auth_user', headers })).statusCode).toBe(401)
      }
      await setDisabled(false, 'carla')
    }
  })
})

describe('A user whose server role a command changes while Parley runs', () => {
  test('W4: has the new role in every session within a second, and keeps sessions and streams', async () => {
    await addUsers('mona')
    const sessions = [await parley.signIn('mona'), await parley.signIn('mona')]
    const roles = async () => {
      const answers = await Promise.all(sessions.map((each) => each.get('/api/made_up/role')))
      return answers.map((answer) => answer.json<{ role: ServerRole }>().role)
    }
    expect(await roles()).toEqual(['member', 'member'])
    const stream = await openStream(url, sessions[0]!.token)
    await stream.until(({ name }) => name === 'sync')

    // Without a sweep, the command's notice alone must deliver the role.
    const sweeps = holdSweeps()
    for (const role of ['administrator', 'moderator', 'member'] as const) {
      expect(await setRole('@Mona', role)).toEqual({ username: 'mona', changes: expect.any(Array) })
      await expect.poll(roles).toEqual([role, role])
    }
    sweeps.resolve()

    await parley.signIn('bob').then((bob) => bob.group(['mona']))
    await stream.until(({ name }) => name === 'conversation_created')
    stream.cut()
  })

  test('W4: has the new role after a sweep, if the notice was lost', async () => {
    await addUsers('milo')
    const milo = await parley.signIn('milo')
    const role = async () => (await milo.get('/api/made_up/role')).json<{ role: ServerRole }>().role
    expect(await role()).toBe('member')
    await changeBeside(parley.database, "UPDATE users SET role = 'moderator' WHERE username = 'milo'")
    // A lone server has no sweep for sessions: only its own socket changes them.
    if (inject('engine') === 'postgres') await expect.poll(role).toBe('moderator')
    expect(await setRole('unknown', 'moderator')).toEqual({ username: 'unknown', refused: 'unknown' })
  })
})

test('unknown names are reported, and the other names are processed', async () => {
  expect(await setDisabled(true, 'unknown', 'bob', '')).toEqual([
    { username: 'unknown', refused: 'unknown' },
    { username: 'bob', changes: expect.any(Array) },
    { username: '', refused: 'unknown' }
  ])
  const accounts = await runAccountCommand(place(), 'listAccounts', { after: '' })
  const bob = accounts.find(({ username }) => username === 'bob')!
  expect(bob.disabledAt).toBeGreaterThan(Date.now() - 60_000)
  await setDisabled(false, 'bob')
  expect(await runAccountCommand(place(), 'listAccounts', { after: accounts.at(-1)!.key })).toEqual([])
})

test('a username keeps its owner after its key was taken, wherever it is entered', async () => {
  await addUsers('ilk', 'x-ilk')
  // As 0005-username-keys.ts leaves them: the old key stays because the new one is taken.
  await changeBeside(
    parley.database,
    "UPDATE users SET username = 'İlk', username_key = 'i\u0307lk' WHERE username = 'x-ilk'"
  )
  const [plain, dotted] = [await parley.signIn('ilk'), await parley.signIn('İlk')]
  expect(plain.id).not.toBe(dotted.id)
  const bob = await parley.signIn('bob')

  const idsIn = async (group: string) => {
    const answer = await dotted.get(`${group}/participants`)
    return answer.json<{ user: { id: string } }[]>().map(({ user }) => user.id)
  }
  const group = await bob.group(['İlk'])
  expect(await idsIn(group)).toEqual([bob.id, dotted.id])
  expect((await bob.post(`${group}/participants`, { username: '@İlk' })).statusCode).toBe(200)
  expect(await idsIn(await dotted.group(['İlk', 'ilk']))).toEqual([plain.id, dotted.id])

  expect(await setDisabled(true, 'İlk')).toEqual([{ username: 'İlk', changes: expect.any(Array) }])
  await expect.poll(async () => (await dotted.get('/api/auth_user')).statusCode).toBe(401)
  expect((await plain.get('/api/auth_user')).statusCode).toBe(200)
})

// On Postgres, a command writes to the database directly.
if (inject('engine') !== 'postgres') {
  test('a command beside a running server writes through the server', async () => {
    const writes = vi.spyOn(parley.app.store, 'write')
    await addUsers('dora')
    expect(writes.mock.calls.map(([name]) => name)).toEqual(['addUser'])
    writes.mockRestore()
  })
}
