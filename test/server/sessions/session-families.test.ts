import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sessionDays, sessionsPerUserMax, signInDays } from '@parley/contract/limits'
import type { DatabaseConfig } from '../../../server/config.ts'
import type { Principal } from '../../../server/platform/principal.ts'
import { Sessions, type SessionChange } from '../../../server/sessions/sessions.ts'
import { openStore } from '../../../server/open-store.ts'
import type { Store } from '../../../server/store.ts'
import { addPerson } from '../../fixtures/people.ts'
import { changeBeside, emptyDatabase, rowsBeside } from '../../harness/engine.ts'

const dayMs = 86_400_000

let place: string
let database: DatabaseConfig
let store: Store
let sessions: Sessions
let changes: SessionChange[]
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-families-'))
  database = await emptyDatabase(place)
  store = await openStore(database)
})
afterAll(async () => {
  await store.close()
  await rm(place, { recursive: true })
})
beforeEach(() => {
  changes = []
  sessions = new Sessions(store, { publish: (change) => void changes.push(change) })
})
afterEach(() => void vi.useRealTimers())

/** Advances the wall clock; timers are unaffected. */
function letPass(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

async function signedIn(): Promise<{ token: string; me: Principal; userId: number }> {
  const { userId } = await addPerson(store)
  const { token } = await sessions.start(userId, 'Firefox on Linux')
  return { token, me: (await sessions.authenticate(token))!, userId }
}

/** Refreshes a token. Returns the next one and its first use's principal. */
async function next(token: string): Promise<{ token: string; me: Principal }> {
  const fresh = await sessions.refresh((await sessions.authenticate(token))!, token)
  return { token: fresh.token, me: (await sessions.authenticate(fresh.token))! }
}

/** Returns all session rows of a user, the oldest first. */
const rowsOf = (userId: number) =>
  rowsBeside<{
    family_id: string | null
    absolute_end: number
    authenticated_at: number
    last_used_at: number
    expires_at: number
    device: string
    superseded_at: number | null
  }>(database, `SELECT * FROM sessions WHERE user_id = ${userId} ORDER BY id`)

describe('A refresh', () => {
  test('of one token, repeated any number of times, gives one session', async () => {
    const { token, me, userId } = await signedIn()
    const fresh = new Set<string>()
    for (let n = 0; n < 20; n++) fresh.add((await sessions.refresh(me, token)).token)
    await Promise.all(
      Array.from({ length: 20 }, async () => fresh.add((await sessions.refresh(me, token)).token))
    )
    expect(fresh.size).toBe(1)
    expect(await rowsOf(userId)).toHaveLength(2)
    expect(await sessions.authenticate([...fresh][0]!)).toMatchObject({ userId, familyId: me.familyId })
  })

  test('repeated any number of times, keeps one family of bounded size, with one id and one device', async () => {
    const { token, me, userId } = await signedIn()
    let last = token
    for (let n = 0; n < 40; n++) last = (await next(last)).token
    const rows = await rowsOf(userId)
    expect(rows.length).toBeLessThanOrEqual(9)
    expect(new Set(rows.map((row) => `${row.family_id} ${row.device}`))).toEqual(
      new Set([`${me.familyId} Firefox on Linux`])
    )
    expect((await sessions.authenticate(last))?.familyId).toBe(me.familyId)
  })

  test('does not extend the end of the sign-in', async () => {
    const { token, userId } = await signedIn()
    const { absolute_end: end, authenticated_at: at } = (await rowsOf(userId))[0]!
    expect(end - at).toBe(signInDays * dayMs)
    let last = token
    for (let days = sessionDays / 2; days < signInDays; days += sessionDays / 2) {
      letPass((sessionDays / 2) * dayMs)
      sessions = new Sessions(store)
      last = (await next(last)).token
    }
    const newest = (await rowsOf(userId)).at(-1)!
    expect([newest.absolute_end, newest.authenticated_at, newest.expires_at]).toEqual([end, at, end])
    letPass((sessionDays / 2) * dayMs)
    sessions = new Sessions(store)
    expect(await sessions.authenticate(last)).toBeNull()
  })

  test('of a session created by an older Parley gives it its own family', async () => {
    const { token, userId } = await signedIn()
    await changeBeside(
      database,
      `UPDATE sessions SET family_id = NULL, absolute_end = NULL, authenticated_at = NULL, last_used_at = NULL,
        device = NULL WHERE user_id = ${userId}`
    )
    sessions = new Sessions(store)
    const fresh = await next(token)
    const rows = await rowsOf(userId)
    expect(new Set(rows.map((row) => row.family_id))).toEqual(new Set([fresh.me.familyId]))
    expect(rows.at(-1)!.absolute_end).toBeGreaterThan(Date.now() + (signInDays - 1) * dayMs)
    await sessions.end(fresh.me)
    expect(await rowsOf(userId)).toEqual([])
  })
})

describe('A logout', () => {
  test.each(['the old token', 'the new one'])(
    'ends every token of the family, given %s, and no other family',
    async (which) => {
      const { token, me, userId } = await signedIn()
      const { token: elsewhere } = await sessions.start(userId)
      const fresh = await sessions.refresh(me, token)
      const other = which === 'the old token' ? me : (await sessions.authenticate(fresh.token))!
      changes = []
      await sessions.end(other)
      for (const each of [token, fresh.token]) expect(await sessions.authenticate(each)).toBeNull()
      expect(await sessions.authenticate(elsewhere)).not.toBeNull()
      expect(await rowsOf(userId)).toHaveLength(1)
      // The other nodes are notified of each.
      expect(new Set(changes.map((change) => change.sessionId)).size).toBe(2)
      expect(changes.every((change) => change.userId === userId && change.expiresAt === 0)).toBe(true)
    }
  )

  test('concurrent with refreshes of the same session leaves nothing', async () => {
    for (let round = 0; round < 20; round++) {
      const { token, me, userId } = await signedIn()
      await Promise.all([
        sessions.refresh(me, token).catch(() => null),
        sessions.end(me),
        sessions.refresh(me, token).catch(() => null)
      ])
      expect(await rowsOf(userId)).toEqual([])
    }
  })
})

describe('A superseded token', () => {
  test('is only refused within 60 seconds', async () => {
    const { token } = await signedIn()
    const fresh = await next(token)
    letPass(59_000)
    await sessions.endReused(token)
    expect(await sessions.authenticate(token)).toBeNull()
    expect(await sessions.authenticate(fresh.token)).not.toBeNull()
  })

  test('ends the family and notifies the other nodes when it is refreshed after 60 seconds', async () => {
    const { token, userId } = await signedIn()
    const fresh = await next(token)
    letPass(61_000)
    changes = []
    await sessions.endReused(token)
    expect(await sessions.authenticate(fresh.token)).toBeNull()
    expect(changes).toContainEqual({ userId, sessionId: fresh.me.sessionId, expiresAt: 0 })
    expect(await rowsOf(userId)).toEqual([])
  })

  test('that is far behind the newest ones ends the family as well, however often a thief refreshes', async () => {
    const { token } = await signedIn()
    let last = token
    for (let n = 0; n < 12; n++) last = (await next(last)).token
    await sessions.endReused(token)
    expect(await sessions.authenticate(last)).toBeNull()
  })

  test('of an ended family, an expired token, or an unknown one ends nothing', async () => {
    const { token, me } = await signedIn()
    const other = await signedIn()
    await sessions.end(me)
    for (const each of [token, 'x'.repeat(43), 'junk', '']) await sessions.endReused(each)
    await sessions.endReused(other.token)
    expect(await sessions.authenticate(other.token)).not.toBeNull()
  })

  test('is kept by upkeep while it may belong to a late request', async () => {
    const { token, userId } = await signedIn()
    await next(token)
    await store.write('deleteExpiredSessions', { now: Date.now() })
    expect(await rowsOf(userId)).toHaveLength(2)
    await store.write('deleteExpiredSessions', { now: Date.now() + 61_000 })
    expect(await rowsOf(userId)).toHaveLength(1)
  })
})

test('a user has a bounded number of sessions: a further sign-in ends the least recently used one', async () => {
  const { userId } = await addPerson(store)
  const tokens: string[] = []
  for (let n = 0; n < sessionsPerUserMax; n++) tokens.push((await sessions.start(userId)).token)
  // All were used at the same moment; this one becomes the latest.
  await changeBeside(
    database,
    `UPDATE sessions SET last_used_at = last_used_at - 5000 WHERE user_id = ${userId}`
  )
  const first = (await sessions.authenticate(tokens[0]!))!
  await store.write('touchSessions', { sessionIds: [first.sessionId], now: Date.now() })
  await sessions.authenticate(tokens[1]!)
  await sessions.start(userId)
  const live = await Promise.all(tokens.map(async (token) => sessions.authenticate(token)))
  expect(live.flatMap((principal, index) => (principal ? [] : [index]))).toEqual([1])
  expect(await rowsOf(userId)).toHaveLength(sessionsPerUserMax)
})

test('a setting limits the sessions per user', async () => {
  const { userId } = await addPerson(store)
  const few = new Sessions(store, { perUserMax: 2 })
  for (let n = 0; n < 4; n++) await few.start(userId)
  expect(await rowsOf(userId)).toHaveLength(2)
})

test('the last use of a session is stored once an hour, also for a cached one', async () => {
  const { token, userId } = await signedIn()
  let writes = 0
  const counting: Store = {
    ...store,
    write(name, input) {
      if (name === 'touchSessions') writes++
      return store.write(name, input)
    }
  }
  sessions = new Sessions(counting)
  const start = Date.now()
  for (let minutes = 0; minutes < 180; minutes += 10) {
    vi.useFakeTimers({ toFake: ['Date'], now: start + minutes * 60_000 })
    await sessions.authenticate(token)
    await sessions.recheck([])
  }
  expect(writes).toBe(2)
  expect((await rowsOf(userId))[0]!.last_used_at).toBe(start + 120 * 60_000)
})
