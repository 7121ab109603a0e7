import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProblemDocument } from '@parley/contract/problems'
import { personalKinds, type PersonalValue } from '@parley/contract/personal-state'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'
import { openStream } from '../../harness/stream.ts'

let parley: InProcess
let john: Person
let jane: Person
beforeAll(async () => {
  parley = await startInProcess()
  await addUsers(parley.app.store, ['anna'])
  ;[john, jane] = [await parley.signIn('john'), await parley.signIn('jane')]
})
afterAll(() => parley.close())

const url = '/api/personal_state'
const put = (person: Person, place: string, version: number, value: unknown) =>
  person.put(`${url}/${place}`, { version, value })

const last = (page: PersonalValue[]) => `${page.at(-1)!.kind}/${page.at(-1)!.key}`
const isSecond = ({ data }: { data: unknown }) => (data as PersonalValue | null)?.version === 2

/** Valid values of each kind. */
const fitting: Record<PersonalValue['kind'], unknown[]> = {
  draft: [
    { text: '' },
    { text: 'hello', replyTo: null, editing: null, ofANewerClient: true },
    {
      text: 'hello',
      replyTo: { id: '1', content: 'a', sender: { id: '2', username: 'jane', avatarURL: null } }
    },
    { text: '', editing: { messageId: '1', version: 2, original: 'tpyo', text: 'typo' } }
  ],
  mute: [{ until: null }, { until: '2026-01-31T12:00:00.000Z' }],
  pin: [{ order: 1.5 }],
  archive: [true, {}],
  unread: [{ from: '7' }],
  saved: ['a note', 7, false],
  settings: ['dark', true, 1, { language: 'de', size: 2, hidden: null }]
}
const unfitting: [place: string, value: unknown, field: string][] = [
  ['draft/7', 'hello', 'value'],
  ['draft/7', {}, 'value.text'],
  ['draft/7', { text: 7 }, 'value.text'],
  [
    'draft/7',
    { text: 'a', editing: { messageId: 'x', version: 1, original: '', text: '' } },
    'value.editing'
  ],
  ['mute/7', { until: 'tomorrow' }, 'value.until'],
  ['mute/7', { until: null, why: 'x' }, 'value.why'],
  ['pin/7', { order: '1' }, 'value.order'],
  ['settings/theme', { nested: {} }, 'value'],
  ['settings/theme', { ['x'.repeat(60_000)]: {} }, 'value'],
  ['settings/theme', { ['x'.repeat(60_000)]: 'x'.repeat(1_001) }, 'value'],
  ['saved/7', [1], 'value'],
  ['saved/7', 'x'.repeat(65_535), 'value'],
  ['saved/7', { text: 'ü'.repeat(32_768) }, 'value'],
  ['saved/7', { text: 'a\0b' }, 'value'],
  ['saved/7', { '\ud800': 1 }, 'value'],
  ['saved/7', { text: ['\udfff'] }, 'value'],
  ['saved/7', JSON.parse(`${'{"a":'.repeat(21)}1${'}'.repeat(21)}`), 'value'],
  ['saved/7', JSON.parse(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`), 'value'],
  ['letters/7', {}, 'kind'],
  ['toString/7', {}, 'kind'],
  ['saved/a b', {}, 'key'],
  [`saved/${'k'.repeat(129)}`, {}, 'key'],
  ['saved/a%00b', {}, 'key']
]

describe('PUT /api/personal_state/:kind/:key', () => {
  test.each(personalKinds)('stores and deletes a valid value of the kind %s', async (kind) => {
    let version = 0
    for (const value of [...fitting[kind], null]) {
      const answer = await put(john, `${kind}/fits`, version, value)
      expect([answer.statusCode, answer.json()]).toEqual([
        200,
        { kind, key: 'fits', version: ++version, value }
      ])
    }
  })

  test.each(unfitting)('refuses an invalid value at %s: %#', async (place, value, field) => {
    const answer = await put(john, place.replace(' ', '%20'), 0, value)
    expect(refusal(answer)).toMatch(/^422 validation_failed (value|kind|key)/)
    expect(Object.keys(answer.json<ProblemDocument>().errors!)[0]).toMatch(new RegExp(`^${field}`))
    expect(answer.body.length).toBeLessThan(1_000)
  })

  test.each([
    ['a list', [], { code: 'invalid' }],
    ['a text beyond the bound', 'x'.repeat(70_000), { code: 'too_long', max: 65_536 }],
    [
      'a deep object',
      Array(40)
        .fill(0)
        .reduce((value: unknown) => ({ value }), 1),
      { code: 'too_deep' }
    ]
  ])('%s is refused with its own reason, not that of another type', async (_, value, problem) => {
    const answer = await put(john, 'saved/9', 0, value)
    expect(answer.json<ProblemDocument>().fields).toMatchObject({ value: problem })
  })

  test.each([
    [{ value: {} }, '422 validation_failed version'],
    [{ version: 0 }, '422 validation_failed value'],
    [{ version: -1, value: 1 }, '422 validation_failed version'],
    [{ version: 1.5, value: 1 }, '422 validation_failed version'],
    [{ version: '0', value: 1 }, '422 validation_failed version'],
    [{ version: 1e300, value: 1 }, '409 version_conflict'],
    [{ version: 0, value: 1, kind: 'pin' }, '422 validation_failed kind'],
    [undefined, '422 validation_failed body']
  ])('refuses the body %j', async (body, expected) => {
    expect(refusal(await john.put(`${url}/saved/body`, body))).toBe(expected)
  })

  test.each(['{"at":1e999}', '{"at":[-1e999]}', '1e999'])(
    'refuses a value with a number beyond the range of a double: %s',
    async (value) => {
      const answer = await parley.inject({
        method: 'PUT',
        url: `${url}/saved/number`,
        headers: { authorization: `Bearer ${john.token}`, 'content-type': 'application/json' },
        payload: `{"version":0,"value":${value}}`
      })
      expect(refusal(answer)).toBe('422 validation_failed value')
    }
  )

  test('P1: refuses another version, with the stored value', async () => {
    await put(john, 'draft/9', 0, { text: 'from the phone' })
    const answer = await put(john, 'draft/9', 0, { text: 'from the laptop' })
    expect(refusal(answer)).toBe('409 version_conflict')
    expect(answer.json<ProblemDocument>().current).toEqual({
      kind: 'draft',
      key: '9',
      version: 1,
      value: { text: 'from the phone' }
    })
    // A retry is not a conflict.
    expect((await put(john, 'draft/9', 0, { text: 'from the phone' })).statusCode).toBe(200)
  })

  test('a value of 64 kB is returned unchanged', async () => {
    const value = { text: '"\\\u0001😀'.repeat(1_000) + 'x'.repeat(50_000) }
    value.text = value.text.slice(0, 65_536 - (Buffer.byteLength(JSON.stringify(value)) - value.text.length))
    const answer = await put(john, 'draft/large', 0, value)
    expect([answer.statusCode, answer.json<PersonalValue>().value]).toEqual([200, value])
    await put(john, 'draft/large', 1, null)
  })
})

describe('GET /api/personal_state', () => {
  test('lists a user’s own values page by page, with the cursor to resume from', async () => {
    const anna = await parley.signIn('anna')
    const places = ['archive/1', ...Array.from({ length: 120 }, (_, i) => `saved/${1_000 + i}`)]
    for (const place of places) await put(anna, place, 0, place)
    const first = await anna.get(url)
    expect(first.headers['event-cursor']).toMatch(/^[a-z0-9]+-121$/)
    const pages = [first.json<PersonalValue[]>()]
    while (pages.at(-1)!.length > 0)
      pages.push((await anna.get(`${url}?after=${last(pages.at(-1)!)}`)).json())
    expect(pages.map(({ length }) => length)).toEqual([100, 21, 0])
    expect(pages.flat().map(({ value }) => value)).toEqual(places)
    expect((await anna.get(`${url}?kind=archive`)).json()).toEqual([
      { kind: 'archive', key: '1', version: 1, value: 'archive/1' }
    ])
    expect((await anna.get(`${url}?kind=pin`)).json()).toEqual([])
  })

  test.each([
    '?kind=letters',
    '?after=x',
    '?after=draft',
    '?after=draft/',
    '?after=',
    '?page=2',
    '?kind=pin&kind=pin'
  ])('refuses %s', async (query) => {
    expect(refusal(await john.get(url + query))).toMatch(/^422 validation_failed/)
  })

  test('W2: shows no other user’s values, and requires a session', async () => {
    await put(john, 'draft/secret', 0, { text: 'for john alone' })
    for (const answer of [await jane.get(url), await jane.get(`${url}?after=draft/secre`)]) {
      expect(answer.body).not.toContain('for john alone')
    }
    expect((await put(jane, 'draft/secret', 1, { text: 'of jane' })).json<ProblemDocument>()).toMatchObject({
      code: 'version_conflict',
      current: { version: 0, value: null }
    })
    expect((await put(jane, 'draft/secret', 0, { text: 'of jane' })).statusCode).toBe(200)
    expect((await john.get(`${url}?kind=draft`)).body).toContain('for john alone')
    for (const request of [{ url }, { method: 'PUT' as const, url: `${url}/pin/1`, payload: {} }]) {
      expect(refusal(await parley.inject(request))).toBe('401 unauthenticated')
    }
  })

  test('a removed member keeps their draft in the group', async () => {
    const group = await john.group(['jane'])
    const place = `draft/${group.split('/').at(-1)}`
    await put(jane, place, 0, { text: 'was about to say' })
    expect((await john.delete(`${group}/participants/${jane.id}`)).statusCode).toBe(204)
    expect((await put(jane, place, 1, { text: 'never mind' })).statusCode).toBe(200)
    expect((await jane.get(`${url}?kind=draft`)).body).toContain('never mind')
    expect((await put(jane, place, 2, null)).statusCode).toBe(200)
  })
})

test('P2: a change is sent to every stream of its owner and to no one else, and replayed without replaced values', async () => {
  const address = (await parley.listen()).replace('127.0.0.1', 'localhost')
  const [phone, laptop, other] = await Promise.all(
    [john.token, john.token, jane.token].map((token) => openStream(address, token))
  )
  for (const stream of [phone!, laptop!, other!]) await stream.until(({ name }) => name === 'sync')
  const cursor = phone!.lastEventId
  await put(john, 'draft/live', 0, { text: 'h' })
  await put(john, 'draft/live', 1, { text: 'hello' })
  for (const stream of [phone!, laptop!]) {
    await stream.until(isSecond)
    expect(
      stream.seen.filter(({ name }) => name === 'personal_state_changed').map(({ data }) => data)
    ).toEqual([
      { kind: 'draft', key: 'live', version: 1, value: { text: 'h' } },
      { kind: 'draft', key: 'live', version: 2, value: { text: 'hello' } }
    ])
  }
  const late = await openStream(address, john.token, { lastEventId: cursor })
  await late.until(isSecond)
  expect(late.seen.filter(({ name }) => name !== 'sync').map(({ name }) => name)).toEqual([
    'gone',
    'personal_state_changed'
  ])
  await john.send((await john.conversationWith('jane')).id, 'hello')
  await other!.until(({ name }) => name === 'message')
  expect(JSON.stringify(other!.seen)).not.toContain('live')
  for (const stream of [phone!, laptop!, other!, late]) stream.cut()
})
