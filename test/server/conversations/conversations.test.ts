import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let anna: Person
beforeAll(async () => {
  parley = await startInProcess()
  const friends = Array.from({ length: 30 }, (_, index) => `friend${index}`)
  await addUsers(parley.app.store, ['anna', ...friends])
  ;[john, jane, anna] = [
    await parley.signIn('john'),
    await parley.signIn('jane'),
    await parley.signIn('anna')
  ]
})
afterAll(() => parley.close())

describe('starting a conversation', () => {
  test('returns one conversation to two people who start it at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2 === 0
          ? john.post('/api/conversations', { username: 'jane' })
          : jane.post('/api/conversations', { username: 'john' })
      )
    )
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
    expect(answers.map((answer) => answer.statusCode).filter((status) => status === 201)).toHaveLength(1)
  })

  test('returns the conversation as each participant sees it', async () => {
    expect(await john.conversationWith('jane')).toEqual({
      id: expect.any(String),
      kind: 'direct',
      title: null,
      otherParticipant: { id: jane.id, username: 'jane', avatarURL: null },
      participantCount: 2,
      role: 'member',
      lastMessage: null,
      hasUnreadMessages: false,
      unreadCount: 0,
      unreadMentions: [],
      readUpTo: 0
    })
    expect((await jane.conversationWith('john')).otherParticipant?.username).toBe('john')
  })

  test.each([
    ['an unknown user', { username: 'unknown' }, '404 user_not_found'],
    ['myself', { username: 'john' }, '403 conversation_with_yourself'],
    ['one’s own name in capitals', { username: 'JOHN' }, '403 conversation_with_yourself'],
    ['a blank name', { username: ' \t' }, '422 validation_failed username'],
    ['no name', {}, '422 validation_failed username'],
    ['a list of names', { username: ['jane'] }, '422 validation_failed username'],
    ['unknown fields', { username: 'jane', name: 'x', kind: 1 }, '422 validation_failed name']
  ])('refuses %s', async (_what, body, expected) => {
    expect(refusal(await john.post('/api/conversations', body))).toBe(expected)
  })
})

describe('one conversation', () => {
  test('is returned to its participants, with the cursor to resume from', async () => {
    const { id } = await john.conversationWith('jane')
    const answer = await john.get(`/api/conversations/${id}`)
    expect(answer.json().id).toBe(id)
    expect(answer.headers['event-cursor']).toMatch(/^[a-z0-9]+-\d+$/)
    const other = await john.get(`/api/conversations/${id}/other_participant`)
    expect(other.json()).toEqual({ id: jane.id, username: 'jane', avatarURL: null })
    expect(other.headers['event-cursor']).toBe(answer.headers['event-cursor'])
  })

  test('is not found for anyone else', async () => {
    const { id } = await john.conversationWith('jane')
    for (const path of ['', '/other_participant', '/messages']) {
      expect(refusal(await anna.get(`/api/conversations/${id}${path}`))).toBe('404 conversation_not_found')
    }
    for (const [path, body] of [['/messages', { content: 'hi' }], ['/read_messages']] as const) {
      expect(refusal(await anna.post(`/api/conversations/${id}${path}`, body))).toBe(
        '404 conversation_not_found'
      )
    }
  })

  test.each([
    '0',
    '-1',
    '01',
    '1.0',
    '1e0',
    'x',
    '%00',
    '%20',
    '999999',
    '9007199254740993',
    '9'.repeat(400)
  ])('is not found by an id %s', async (id) => {
    const url = `/api/conversations/${id}`
    const answers = [
      await john.get(url),
      await john.get(`${url}/other_participant`),
      await john.get(`${url}/messages`),
      await john.post(`${url}/messages`, { content: 'hi' }),
      await john.post(`${url}/read_messages`),
      await john.get(`/api/conversations?before=${id}`)
    ]
    expect(new Set(answers.map(refusal))).toEqual(new Set(['404 conversation_not_found']))
  })
})

describe('conversations', () => {
  test('with a message are listed, newest message first, 25 per page', async () => {
    expect((await anna.get('/api/conversations')).json()).toEqual([])
    const ids: string[] = []
    for (let index = 0; index < 30; index++) {
      const { id } = await anna.conversationWith(`friend${index}`)
      await anna.send(id, `hello ${index}`)
      ids.unshift(id)
    }
    const first = await anna.get('/api/conversations')
    expect(first.json().map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 25))
    expect(first.headers['event-cursor']).toMatch(/-\d+$/)
    const second = await anna.get(`/api/conversations?before=${ids[24]}`)
    expect(second.json().map(({ id }: { id: string }) => id)).toEqual(ids.slice(25))
    expect(first.json()[0].lastMessage).toMatchObject({ content: 'hello 29', mine: true })
  })

  test.each(['?before=1&before=2', '?after=1'])('refuses %s', async (query) => {
    expect(refusal(await john.get(`/api/conversations${query}`))).toMatch(
      /^422 validation_failed (before|after)$/
    )
  })
})
