import { expect, test } from 'vitest'
import { personalOverheadBytes, personalStateMaxBytes, tombstonesMax } from '@parley/contract/limits'
import type { PersonalKind, PersonalValue } from '@parley/contract/personal-state'
import type { CommittedEvent } from '../../../server/platform/storage/event-log.ts'
import type { Store } from '../../../server/store.ts'
import { decoded } from '../../fixtures/decoded.ts'
import { boundsOf, eventsAfter } from '../../fixtures/logs.ts'
import { addPerson, sendOf, startPair } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'

/** Sets a value; returns the stored value or the refusal. */
async function put(
  store: Store,
  viewerId: number,
  place: { kind?: PersonalKind; key?: string },
  version: number,
  value: unknown
) {
  const json = value === null ? null : JSON.stringify(value)
  const { kind = 'draft', key = '7' } = place
  const result = await store.write('putPersonalState', {
    viewerId,
    kind,
    key,
    version,
    value: json,
    now: Date.now()
  })
  return typeof result === 'string' ? (JSON.parse(result) as PersonalValue) : result
}

async function list(store: Store, viewerId: number, limit = 1_000, maxBytes = 10_000_000) {
  const found: PersonalValue[] = []
  for (;;) {
    const last = found.at(-1)
    const after = last ? { kind: last.kind, key: last.key } : null
    const page = await store.read('listPersonalState', { viewerId, kind: null, after, limit, maxBytes })
    if (page.length === 0) return found
    expect(page.length).toBeLessThanOrEqual(limit)
    for (const json of page) found.push(JSON.parse(json) as PersonalValue)
  }
}

const draft = (version: number, text: string | null, key = '7') => ({
  kind: 'draft',
  key,
  version,
  value: text === null ? null : { text }
})

describeStorage('Personal state', (under) => {
  test('P1: a value is replaced only by a write with its current version', async () => {
    const { store } = under
    const { userId } = await addPerson(store)
    expect(await put(store, userId, {}, 0, { text: 'one' })).toEqual(draft(1, 'one'))
    expect(await put(store, userId, {}, 1, { text: 'two' })).toEqual(draft(2, 'two'))
    for (const version of [0, 1, 3]) {
      expect(await put(store, userId, {}, version, { text: 'three' })).toEqual({
        refused: 'version_conflict',
        current: draft(2, 'two')
      })
    }
    expect(await put(store, userId, { key: '8' }, 5, { text: 'three' })).toEqual({
      refused: 'version_conflict',
      current: { ...draft(0, null), key: '8' }
    })
    expect(await list(store, userId)).toEqual([draft(2, 'two')])
  })

  test('P1: a retry after a lost answer gets that answer, and creates no second event', async () => {
    const { store } = under
    const { userId } = await addPerson(store)
    await put(store, userId, {}, 0, { text: 'one' })
    const { head } = await boundsOf(store, userId)
    expect(await put(store, userId, {}, 0, { text: 'one' })).toEqual(draft(1, 'one'))
    await put(store, userId, {}, 1, null)
    expect(await put(store, userId, {}, 1, null)).toEqual(draft(2, null))
    expect((await boundsOf(store, userId)).head).toBe(head + 1)
  })

  test('a deleted value keeps its version, and can be created again with it or with 0', async () => {
    const { store } = under
    const { userId } = await addPerson(store)
    await put(store, userId, {}, 0, { text: 'one' })
    expect(await put(store, userId, {}, 1, null)).toEqual(draft(2, null))
    expect(await list(store, userId)).toEqual([])
    expect(await put(store, userId, {}, 1, { text: 'two' })).toEqual({
      refused: 'version_conflict',
      current: draft(2, null)
    })
    expect(await put(store, userId, {}, 2, { text: 'two' })).toEqual(draft(3, 'two'))
    expect(await put(store, userId, {}, 3, null)).toEqual(draft(4, null))
    expect(await put(store, userId, {}, 0, { text: 'three' })).toEqual(draft(5, 'three'))
  })

  test('P1: of many concurrent writes of one version, one succeeds', async () => {
    const { store } = under
    const { userId } = await addPerson(store)
    const texts = Array.from({ length: 12 }, (_, i) => `number ${i}`)
    const results = await Promise.all(texts.map((text) => put(store, userId, {}, 0, { text })))
    const taken = results.filter((result) => 'version' in result)
    expect(taken).toHaveLength(1)
    expect(await list(store, userId)).toEqual(taken)
    const current = taken[0]
    for (const result of results) if ('refused' in result) expect(result).toMatchObject({ current })
  })

  test('M1: a change is an event of its owner only, and is replayed as gone once it was replaced', async () => {
    const { store } = under
    const live: CommittedEvent[] = []
    store.events.onCommitted((events) => live.push(...events))
    const { john, jane, conversationId } = await startPair(store)
    const [before, others] = [await boundsOf(store, john.userId), await boundsOf(store, jane.userId)]
    await put(store, john.userId, {}, 0, { text: 'one' })
    await store.send(sendOf(john.userId, conversationId, 'hello'))
    await put(store, john.userId, {}, 1, { text: 'two' })
    await put(store, john.userId, { key: '8' }, 0, { text: 'other' })
    await put(store, john.userId, { key: '8' }, 1, null)

    expect(
      live.flatMap(({ name, to, json }) => (name === 'personal_state_changed' ? [[to, json]] : []))
    ).toEqual(
      [
        [1, draft(1, 'one')],
        [3, draft(2, 'two')],
        [4, draft(1, 'other', '8')],
        [5, draft(2, null, '8')]
      ].map(([seq, value]) => [
        [{ userId: john.userId, seq: before.head + Number(seq) }],
        JSON.stringify(value)
      ])
    )
    const events = await eventsAfter(store, john.userId, before.head, 10)
    expect(events.map(decoded).map(({ name, data }) => [name, name === 'message_sent' ? '' : data])).toEqual([
      ['gone', {}],
      ['message_sent', ''],
      ['personal_state_changed', draft(2, 'two')],
      ['gone', {}],
      ['personal_state_changed', draft(2, null, '8')]
    ])
    expect((await boundsOf(store, jane.userId)).head).toBe(others.head + 1)
    // Another user's values of the same key are independent.
    await put(store, jane.userId, {}, 0, { text: 'of jane' })
    expect(await list(store, john.userId)).toEqual([draft(2, 'two')])
  })

  test("one read of many logs returns each user's own values", async () => {
    const { store } = under
    const people = await Promise.all(Array.from({ length: 5 }, () => addPerson(store)))
    for (const [i, { userId }] of people.entries()) {
      for (const key of ['a', 'b']) await put(store, userId, { key }, 0, { text: `${i} "${key}" \\` })
    }
    const found = await store.events.eventsAfter(
      people.map(({ userId }) => ({ userId, after: 0 })),
      10
    )
    expect(found.map((events) => events.map((event) => decoded(event).data))).toEqual(
      people.map((_, i) => ['a', 'b'].map((key) => draft(1, `${i} "${key}" \\`, key)))
    )
  })

  test('pages are bounded in values and bytes, contain at least one value, and miss none', async () => {
    const { store } = under
    const { userId } = await addPerson(store)
    const kinds = ['draft', 'pin', 'settings'] as const
    const keys = ['B', 'a', 'b', '10', '9'].toSorted()
    for (const kind of kinds.toReversed()) {
      for (const key of keys) await put(store, userId, { kind, key }, 0, { text: 'x'.repeat(50) })
    }
    const all = await list(store, userId)
    expect(all.map(({ kind, key }) => [kind, key])).toEqual(
      kinds.flatMap((kind) => keys.map((key) => [kind, key]))
    )
    expect(await list(store, userId, 2)).toEqual(all)
    expect(await list(store, userId, 1_000, 1)).toEqual(all)
    const input = { viewerId: userId, kind: 'pin' as const, after: null, limit: 1_000, maxBytes: 500 }
    // Each takes 60 bytes, a key of one or two, and its overhead.
    expect(await store.read('listPersonalState', input)).toHaveLength(3)
  })

  test('P3: a user has 5 MB, and a change that frees space always succeeds', async () => {
    const { store } = under
    const { userId } = await addPerson(store)
    const value = 'x'.repeat(60_000)
    const count = Math.floor(personalStateMaxBytes / (60_002 + personalOverheadBytes + 2))
    for (let i = 0; i < count; i++) {
      expect(await put(store, userId, { kind: 'saved', key: String(i + 10) }, 0, value)).toHaveProperty(
        'version'
      )
    }
    const full = { refused: 'personal_state_full', maxBytes: personalStateMaxBytes }
    expect(await put(store, userId, { kind: 'saved', key: 'more' }, 0, value)).toEqual(full)
    expect(await put(store, userId, { kind: 'saved', key: '10' }, 1, 'shorter')).toMatchObject({ version: 2 })
    expect(await put(store, userId, { kind: 'saved', key: 'more' }, 0, value)).toMatchObject({ version: 1 })
    expect(await put(store, userId, { kind: 'saved', key: '10' }, 2, value)).toEqual(full)
    expect(await put(store, userId, { kind: 'saved', key: '10' }, 2, null)).toMatchObject({ version: 3 })
    expect(await store.read('listFindings', {})).toEqual([])
  })

  test('P3: the oldest tombstones are dropped, and no version repeats', async () => {
    const { store } = under
    const { userId } = await addPerson(store)
    const { head } = await boundsOf(store, userId)
    await put(store, userId, { key: 'first' }, 0, { text: 'one' })
    await put(store, userId, { key: 'first' }, 1, { text: 'two' })
    await put(store, userId, { key: 'first' }, 2, null)
    for (let i = 0; i <= tombstonesMax; i++) {
      const made = await put(store, userId, { key: `k${i}` }, 0, 'x')
      await put(store, userId, { key: `k${i}` }, 'version' in made ? made.version : 0, null)
    }
    // Its version was dropped, as if it had never existed.
    expect(await put(store, userId, { key: 'first' }, 3, { text: 'three' })).toMatchObject({
      current: { version: 0, value: null }
    })
    const [, , deleted] = await eventsAfter(store, userId, head, 3)
    expect(decoded(deleted!).data).toEqual(draft(3, null, 'first'))
    expect(await put(store, userId, { key: 'first' }, 0, { text: 'three' })).toEqual(
      draft(4, 'three', 'first')
    )
    expect(await list(store, userId)).toEqual([draft(4, 'three', 'first')])
    expect(await store.read('listFindings', {})).toEqual([])
  })

  test('values survive a restart, and sends between changes keep their order', async () => {
    const { john, conversationId } = await startPair(under.store)
    const { head } = await boundsOf(under.store, john.userId)
    for (let i = 0; i < 5; i++) {
      await put(under.store, john.userId, {}, i, { text: `text ${i}` })
      await under.store.send(sendOf(john.userId, conversationId, `message ${i}`))
    }
    await under.reopen()
    expect(await list(under.store, john.userId)).toEqual([draft(5, 'text 4')])
    const events = await eventsAfter(under.store, john.userId, head, 20)
    expect(events.map(({ seq }) => seq - head)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})
