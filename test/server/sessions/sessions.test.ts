import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Sessions, type SessionChange } from '../../../server/sessions/sessions.ts'
import { openStore } from '../../../server/open-store.ts'
import type { Store } from '../../../server/store.ts'
import { addPerson } from '../../fixtures/people.ts'
import { emptyDatabase } from '../../harness/engine.ts'

const cacheMs = 6_000
let place: string
let store: Store
/** Look-ups so far. */
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

/** Two nodes that know nothing of each other but what the test passes on, and john's token, known to both. */
async function startNodes() {
  const published: SessionChange[] = []
  const here = new Sessions(store, { cacheMs, publish: (change) => published.push(change) })
  const there = new Sessions(store, { cacheMs })
  const heard: SessionChange[] = []
  there.onChanged((change) => heard.push(change))
  const john = await addPerson(store, 'john')
  const { token } = await here.start(john.userId)
  const me = (await here.authenticate(token))!
  await there.authenticate(token)
  const { userId, sessionId } = me
  return { here, there, published, heard, token, me, userId, sessionId }
}

describe('A session that is ended on one node', () => {
  test('N4: ends on another when the word of it comes', async () => {
    const { here, there, published, heard, token, me, userId, sessionId } = await startNodes()
    await here.end(me)
    expect(published).toEqual([{ userId, sessionId, expiresAt: 0 }])
    // Known there from the cache, until the word comes.
    expect(await there.authenticate(token)).toEqual(me)
    for (const change of published) there.apply(change)
    expect(await there.authenticate(token)).toBeNull()
    expect(heard).toEqual(published)
  })

  test('N4: ends on another with the next sweep when no word comes, in the cache and for open streams', async () => {
    const { here, there, heard, token, me, userId, sessionId } = await startNodes()
    const jane = await startNodes()
    const anna = await startNodes()
    await there.authenticate(token)
    const owner = ({ userId, sessionId, me }: typeof jane) => ({ userId, sessionId, expiresAt: me.expiresAt })
    await here.end(me)
    await here.end(jane.me)
    await there.recheck([owner(jane), owner(anna)])
    expect(heard).toEqual([
      { userId: jane.userId, sessionId: jane.sessionId, expiresAt: 0 },
      { userId, sessionId, expiresAt: 0 }
    ])
    expect(await there.authenticate(token)).toBeNull()
  })

  test('N4, S5: and is being looked up on another is nobody’s there', async () => {
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

test('N4: a session that was refreshed lives on another node until its grace is over', async () => {
  const { here, there, heard, published, token, me, userId, sessionId } = await startNodes()
  const before = Date.now()
  await here.refresh(me, token)
  await there.recheck([{ userId, sessionId, expiresAt: me.expiresAt }])
  expect(heard).toEqual(published)
  expect(heard[0]!.expiresAt).toBeGreaterThanOrEqual(before + 60_000)
  expect(heard[0]!.expiresAt).toBeLessThan(me.expiresAt)
  // Nothing new is told of what is known.
  await there.recheck([heard[0]!])
  expect(heard).toHaveLength(1)
})

test('a session that is used from sweep to sweep is looked up once; without sweeps, or use, it is looked up again', async () => {
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
