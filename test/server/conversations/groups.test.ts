import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '@parley/contract/routes'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let anna: Person
beforeAll(async () => {
  parley = await startInProcess()
  await addUsers(parley.app.store, ['anna', 'Paul'])
  ;[john, jane, anna] = (await Promise.all(['john', 'jane', 'anna'].map((name) => parley.signIn(name)))) as [
    Person,
    Person,
    Person
  ]
})
afterAll(() => parley.close())

const start = (body: object) => john.post('/api/conversations', body)
const emptyRefusal = '422 validation_failed title'

describe('starting a group', () => {
  test('returns it as its owner sees it, with a system message', async () => {
    const answer = await start({ title: ' Friends ', usernames: ['JANE', 'jane', 'paul', 'john'] })
    expect(answer.statusCode).toBe(201)
    const { id } = answer.json()
    const line = {
      id: expect.any(String),
      content: 'john started the group “Friends”',
      conversationId: id,
      createdAt: expect.any(String),
      mine: true,
      position: 1,
      sender: { id: john.id, username: 'john', avatarURL: null },
      change: { kind: 'conversation_created', title: 'Friends' }
    }
    expect(answer.json()).toEqual({
      id,
      kind: 'group',
      title: 'Friends',
      otherParticipant: null,
      participantCount: 3,
      role: 'owner',
      lastMessage: line,
      hasUnreadMessages: false,
      unreadCount: 0,
      unreadMentions: [],
      readUpTo: 1
    })
    expect((await jane.get('/api/conversations')).json()[0]).toMatchObject({
      id,
      role: 'member',
      unreadCount: 1,
      lastMessage: { ...line, mine: false }
    })
    expect(refusal(await jane.get(`/api/conversations/${id}/other_participant`))).toBe(
      '404 participant_not_found'
    )
  })

  test('creates a second group for the same people, and groups of one', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => (await start({ title: 'A', usernames: ['jane'] })).json().id)
    )
    expect(ids[0]).not.toBe(ids[1])
    expect((await start({ title: 'Notes', usernames: [] })).json()).toMatchObject({ participantCount: 1 })
  })

  test.each([
    ['no title', { usernames: ['jane'] }, emptyRefusal],
    ['an empty title', { title: ' ', usernames: [] }, emptyRefusal],
    ['a title of 101 characters', { title: '👋'.repeat(101), usernames: [] }, emptyRefusal],
    ['a title with NUL', { title: 'a\0', usernames: [] }, emptyRefusal],
    ['no names', { title: 'A' }, '422 validation_failed usernames'],
    ['usernames that are not a list', { title: 'A', usernames: 'jane' }, '422 validation_failed usernames'],
    ['a username that is not text', { title: 'A', usernames: [1] }, '422 validation_failed usernames.0'],
    ['an empty username', { title: 'A', usernames: ['jane', ' '] }, '422 validation_failed usernames'],
    ['an unknown username', { title: 'A', usernames: ['jane', 'unknown'] }, '404 user_not_found'],
    ['both kinds at once', { title: 'A', usernames: [], username: 'jane' }, '422 validation_failed username'],
    ['an unknown history', { title: 'A', usernames: [], history: 'some' }, '422 validation_failed history'],
    [
      'a history for a direct conversation',
      { username: 'jane', history: 'all' },
      '422 validation_failed username'
    ],
    [
      '1,001 people',
      { title: 'A', usernames: Array.from({ length: 1_000 }, (_, i) => `person${i}`) },
      '422 group_full'
    ]
  ])('refuses %s', async (_what, body, expected) => {
    expect(refusal(await start(body))).toBe(expected)
  })

  test('accepts titles of 100 characters, however many bytes they have', async () => {
    expect((await start({ title: '👋'.repeat(100), usernames: [] })).statusCode).toBe(201)
  })
})

describe('renaming', () => {
  test('returns the group with its new title; the same title again changes nothing', async () => {
    const group = await john.group(['jane'])
    const answer = await john.patch(group, { title: 'Mates' })
    expect(answer.json()).toMatchObject({
      title: 'Mates',
      lastMessage: { content: 'john renamed the group to “Mates”' }
    })
    expect((await john.patch(group, { title: 'Mates ' })).json()).toEqual(answer.json())
  })

  test.each([
    [{}, emptyRefusal],
    [{ title: '' }, emptyRefusal],
    [{ title: 'a'.repeat(101) }, emptyRefusal],
    [{ title: 1 }, emptyRefusal],
    [{ title: 'a', history: 'all' }, '422 validation_failed history']
  ])('refuses %j', async (body, expected) => {
    expect(refusal(await john.patch(await john.group([]), body))).toBe(expected)
  })
})

describe('participants', () => {
  test('are listed in the order in which they joined, page by page, with a cursor', async () => {
    const group = await john.group(['jane'])
    const added = await john.post(`${group}/participants`, { username: ' ANNA ' })
    expect(added.statusCode).toBe(201)
    expect(added.json()).toMatchObject({ user: { id: anna.id }, role: 'member' })
    expect((await john.post(`${group}/participants`, { username: 'anna', role: 'admin' })).statusCode).toBe(
      200
    )
    const list = await jane.get(`${group}/participants`)
    expect(list.json()).toMatchObject([
      { user: { id: john.id }, role: 'owner', readUpTo: 2, joinedAt: expect.stringMatching(/Z$/) },
      { user: { id: jane.id }, role: 'member', readUpTo: 0 },
      { user: { id: anna.id }, role: 'member', readUpTo: 1 }
    ])
    expect(list.headers['event-cursor']).toMatch(/-\d+$/)
    expect((await jane.get(`${group}/participants?after=${john.id}`)).json()).toEqual(list.json().slice(1))
  })

  test('of a direct conversation are both of its users', async () => {
    const { id } = await anna.conversationWith('jane')
    const list = await anna.get(`/api/conversations/${id}/participants`)
    expect(list.json().map(({ role }: { role: string }) => role)).toEqual(['member', 'member'])
  })

  test.each([
    ['?after=x', '404 participant_not_found'],
    ['?after=999999', '404 participant_not_found'],
    ['?before=1', '422 validation_failed before']
  ])('refuses %s', async (query, expected) => {
    expect(refusal(await john.get(`${await john.group([])}/participants${query}`))).toBe(expected)
  })

  test.each([
    [{}, '422 validation_failed username'],
    [{ username: ' ' }, '422 validation_failed username'],
    [{ username: 'unknown' }, '404 user_not_found'],
    [{ username: 'jane', role: 'owner' }, '422 validation_failed role'],
    [{ username: 'jane', role: 1 }, '422 validation_failed role']
  ])('adding refuses %j', async (body, expected) => {
    expect(refusal(await john.post(`${await john.group([])}/participants`, body))).toBe(expected)
  })

  test.each(['x', '0', '999999', '9'.repeat(30)])('are unknown by an id %s', async (id) => {
    const who = `${await john.group(['jane'])}/participants/${id}`
    expect(refusal(await john.patch(who, { role: 'admin' }))).toBe('404 participant_not_found')
    expect(refusal(await john.delete(who))).toBe('404 participant_not_found')
  })

  test('cannot get an unknown role; their current role changes nothing', async () => {
    const group = await john.group(['jane'])
    const who = `${group}/participants/${jane.id}`
    expect(refusal(await john.patch(who, { role: 'boss' }))).toBe('422 validation_failed role')
    const before = (await john.get(group)).json()
    expect((await john.patch(who, { role: 'member' })).json()).toMatchObject({ role: 'member' })
    expect((await john.get(group)).json()).toEqual(before)
  })

  test('cannot be removed twice', async () => {
    const who = `${await john.group(['jane'])}/participants/${jane.id}`
    expect((await john.delete(who)).statusCode).toBe(204)
    expect(refusal(await john.delete(who))).toBe('404 participant_not_found')
  })
})

describe('for non-members and a member who was just removed', () => {
  const inside = Object.entries(routes).filter(([, { url }]) => url.includes(':conversationId'))
  const bodies: Record<string, object> = {
    renameConversation: { title: 'Mine' },
    addParticipant: { username: 'anna' },
    changeRole: { role: 'owner' },
    editMessage: { content: 'mine' },
    sendMessage: { content: 'hello' }
  }
  let group: string
  let messageId: string
  beforeAll(async () => {
    group = await john.group(['jane'])
    messageId = (await jane.send(group.split('/').at(-1)!, 'mine')).id
    await john.delete(`${group}/participants/${jane.id}`)
  })

  test.each(inside)('%s', async (name, { method, url }) => {
    const [, , , id] = group.split('/')
    const address = url
      .replace(':conversationId', id!)
      .replace(':userId', john.id)
      .replace(':messageId', messageId)
      .replace(':emoji', '%F0%9F%91%8D')
    for (const { token } of [jane, anna]) {
      const answer = await parley.inject({
        method,
        url: address,
        headers: { authorization: `Bearer ${token}` },
        ...(bodies[name] && { payload: bodies[name] })
      })
      expect(refusal(answer)).toBe('404 conversation_not_found')
    }
  })
})
