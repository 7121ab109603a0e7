import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ServerRole } from '@parley/contract/primitives'
import { usernameKey } from '@parley/contract/usernames'
import type { Principal } from '../../../server/platform/principal.ts'
import { Sessions, type SessionChange } from '../../../server/sessions/sessions.ts'
import { openStore } from '../../../server/open-store.ts'
import type { Store } from '../../../server/store.ts'
import { addPerson } from '../../fixtures/people.ts'
import { emptyDatabase } from '../../harness/engine.ts'

const cacheMs = 6_000
let place: string
let store: Store
/** Number of look-ups so far. */
let lookups = 0

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-sessions-'))
  const opened = await openStore(await emptyDatabase(place))
  store = {
    ...opened,
    read(name, input) {
      if (name === 'findSession') lookups++
      return opened.read(name, input)
    }
  }
})
afterAll(async () => {
  await store.close()
  await rm(place, { recursive: true })
})
afterEach(() => void vi.useRealTimers())

/** Starts two nodes, connected only by what the test forwards, and john's token, cached on both. */
async function startNodes() {
  const published: SessionChange[] = []
  const here = new Sessions(store, { cacheMs, publish: (change) => published.push(change) })
  const there = new Sessions(store, { cacheMs })
  const received: SessionChange[] = []
  there.onChanged((change) => received.push(change))
  const john = await addPerson(store, 'john')
  const { token } = await here.start(john.userId)
  const me = (await here.authenticate(token))!
  await there.authenticate(token)
  const { userId, sessionId } = me
  return { here, there, published, received, token, me, userId, sessionId }
}

describe('A session ended on one node', () => {
  test('N4: ends on another node with its notice', async () => {
    const { here, there, published, received, token, me, userId, sessionId } = await startNodes()
    await here.end(me)
    expect(published).toEqual([{ userId, sessionId, expiresAt: 0 }])
    // It is cached there until the notice arrives.
    expect(await there.authenticate(token)).toEqual(me)
    for (const change of published) there.apply(change)
    expect(await there.authenticate(token)).toBeNull()
    expect(received).toEqual(published)
  })

  test('N4: ends on another node with the next sweep without a notice, in the cache and for open streams', async () => {
    const { here, there, received, token, me, userId, sessionId } = await startNodes()
    const jane = await startNodes()
    const anna = await startNodes()
    await there.authenticate(token)
    const owner = ({ userId, sessionId, me }: typeof jane) => ({ userId, sessionId, expiresAt: me.expiresAt })
    await here.end(me)
    await here.end(jane.me)
    await there.recheck([owner(jane), owner(anna)])
    expect(received).toEqual([
      { userId: jane.userId, sessionId: jane.sessionId, expiresAt: 0 },
      { userId, sessionId, expiresAt: 0 }
    ])
    expect(await there.authenticate(token)).toBeNull()
  })

  test('N4, S5: is rejected on another node that is looking it up', async () => {
    const { here, published, token, me } = await startNodes()
    const read = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const slowRead = async (...args: Parameters<Store['read']>) => {
      const found = await store.read(...args)
      read.resolve()
      await end.promise
      return found
    }
    const slow = { ...store, read: slowRead as Store['read'] }
    const there = new Sessions(slow, { cacheMs })
    const lookup = there.authenticate(token)
    await read.promise
    await here.end(me)
    for (const change of published) there.apply(change)
    end.resolve()
    expect(await lookup).toBeNull()
    expect(await there.authenticate(token)).toBeNull()
  })
})

/** Changes a user's role only in the store. */
const changeRole = async ({ user }: Principal, role: ServerRole) =>
  store.write('setServerRole', { key: usernameKey(user.username), role })

describe('A server role changed on one node', () => {
  test('W4: applies on another node with its notice, and the session continues', async () => {
    const { there, received, token, me, userId, sessionId } = await startNodes()
    await changeRole(me, 'moderator')
    const announced = await store.read('listSessionsOf', { userId, now: Date.now() })
    expect(announced).toEqual([{ userId, sessionId, expiresAt: me.expiresAt }])
    expect(await there.authenticate(token)).toMatchObject({ role: 'member' })
    for (const each of announced) there.apply(each)
    expect(await there.authenticate(token)).toEqual({ ...me, role: 'moderator' })
    expect(received).toEqual([{ userId, sessionId, expiresAt: me.expiresAt }])
  })

  test('W4: applies on another node with the next sweep without a notice', async () => {
    const { there, received, token, me, userId, sessionId } = await startNodes()
    await changeRole(me, 'administrator')
    await there.recheck([])
    expect(await there.authenticate(token)).toMatchObject({ role: 'administrator' })
    await there.recheck([])
    expect(received).toEqual([{ userId, sessionId, expiresAt: me.expiresAt }])
  })

  test('W4: is not missed by another node that is looking the session up', async () => {
    const { token, me, userId, sessionId } = await startNodes()
    const read = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const slowRead = async (...args: Parameters<Store['read']>) => {
      const found = await store.read(...args)
      read.resolve()
      await end.promise
      return found
    }
    const there = new Sessions({ ...store, read: slowRead as Store['read'] }, { cacheMs })
    const lookup = there.authenticate(token)
    await read.promise
    await changeRole(me, 'moderator')
    there.apply({ userId, sessionId, expiresAt: me.expiresAt })
    end.resolve()
    await lookup
    expect(await there.authenticate(token)).toMatchObject({ role: 'moderator' })
  })
})

test('N4: stays valid on another node until its grace period is over, if it was refreshed', async () => {
  const { here, there, received, published, token, me, userId, sessionId } = await startNodes()
  const before = Date.now()
  await here.refresh(me, token)
  await there.recheck([{ userId, sessionId, expiresAt: me.expiresAt }])
  expect(received).toEqual(published)
  expect(received[0]!.expiresAt).toBeGreaterThanOrEqual(before + 60_000)
  expect(received[0]!.expiresAt).toBeLessThan(me.expiresAt)
  // A known change is not reported again.
  await there.recheck([received[0]!])
  expect(received).toHaveLength(1)
})

test('a session in use from sweep to sweep is looked up once; without sweeps, or unused, it is looked up again', async () => {
  const { there, token } = await startNodes()
  vi.useFakeTimers({ toFake: ['performance'] })
  let at = 0
  async function lookupsAt(ms: number): Promise<number> {
    vi.advanceTimersByTime(ms - at)
    at = ms
    const before = lookups
    await there.authenticate(token)
    return lookups - before
  }
  for (let ms = 0; ms < 10 * cacheMs; ms += cacheMs / 2) {
    expect(await lookupsAt(ms)).toBe(0)
    await there.recheck([])
  }
  await there.recheck([])
  expect(await lookupsAt(10 * cacheMs)).toBe(1)
  expect(await lookupsAt(11 * cacheMs - 1)).toBe(0)
  expect(await lookupsAt(11 * cacheMs)).toBe(1)
})
