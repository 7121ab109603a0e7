import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { mentionsMax, unreadMentionsMax } from '@parley/contract/limits'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let anna: Person
let id: string
let url: string
beforeAll(async () => {
  parley = await startInProcess()
  await addUsers(parley.app.store, ['anna', 'jane.doe', 'Zoë'])
  ;[john, jane, anna] = [
    await parley.signIn('john'),
    await parley.signIn('jane'),
    await parley.signIn('anna')
  ]
})
afterAll(() => parley.close())
beforeEach(async () => {
  const group = await john.group(['jane'])
  id = group.split('/').at(-1)!
  url = `${group}/messages`
})

const mentionsOf = async (content: string) => (await john.send(id, content)).mentions
const unread = async (person: Person) =>
  (await person.get(`/api/conversations/${id}`)).json().unreadMentions as number[]
const answer = (person: Person, body: object) => person.post(url, body)

describe('a reply', () => {
  test('quotes its original, even after that was edited or deleted', async () => {
    const question = await john.send(id, 'tea?')
    const sent = await answer(jane, { content: 'yes', replyTo: question.id })
    const quote = { id: question.id, content: 'tea?', sender: question.sender }
    expect(sent.json()).toMatchObject({ content: 'yes', replyTo: quote })
    await john.patch(`${url}/${question.id}`, { content: 'coffee?' })
    await john.delete(`${url}/${question.id}`)
    expect((await john.get(url)).json()[0]).toMatchObject({ content: 'yes', replyTo: quote })
  })

  test('quotes at most 280 characters, and keeps the quote when edited', async () => {
    const { id: replyTo } = await john.send(id, '👋'.repeat(281))
    const sent = (await answer(jane, { content: 'yes', replyTo })).json<Message>()
    expect(sent.replyTo!.content).toBe(`${'👋'.repeat(279)}…`)
    const edited = await jane.patch(`${url}/${sent.id}`, { content: 'no' })
    expect(edited.json()).toMatchObject({ content: 'no', version: 2, replyTo: sent.replyTo })
  })

  test('that is retried is the same message, even if its original is gone or its sender has left', async () => {
    const { id: replyTo } = await john.send(id, 'tea?')
    const body = { content: 'yes', replyTo, clientId: randomUUID() }
    const first = (await answer(jane, body)).json<Message>()
    await john.delete(`${url}/${replyTo}`)
    expect((await answer(jane, body)).json()).toEqual(first)
    await john.delete(`/api/conversations/${id}/participants/${jane.id}`)
    expect((await answer(jane, body)).json()).toEqual(first)
    expect(refusal(await answer(jane, { ...body, clientId: randomUUID() }))).toBe(
      '404 conversation_not_found'
    )
  })

  test('is not the same request as the text alone, or as a reply to another message', async () => {
    const { id: replyTo } = await john.send(id, 'tea?')
    const { id: other } = await john.send(id, 'coffee?')
    const body = { content: 'yes', replyTo, clientId: randomUUID() }
    await answer(jane, body)
    for (const changed of [
      { ...body, replyTo: other },
      { content: 'yes', clientId: body.clientId }
    ]) {
      expect(refusal(await answer(jane, changed))).toBe('422 idempotency_mismatch')
    }
  })

  test.each([
    ['an invalid id', () => 'x', '404 message_not_found'],
    ['an unknown message', () => '999999', '404 message_not_found'],
    [
      "another conversation's message",
      async () => (await john.send((await john.conversationWith('jane')).id, 'elsewhere')).id,
      '404 message_not_found'
    ],
    [
      'a deleted message',
      async () => {
        const { id: deleted } = await john.send(id, 'tea?')
        await john.delete(`${url}/${deleted}`)
        return deleted
      },
      '409 message_deleted'
    ],
    [
      'a system message',
      async () => (await john.get(`/api/conversations/${id}`)).json().lastMessage.id,
      '403 not_allowed'
    ]
  ])('to %s is refused', async (_what, original, expected) => {
    expect(refusal(await answer(john, { content: 'yes', replyTo: await original() }))).toBe(expected)
  })

  test('must have its own text', async () => {
    const { id: replyTo } = await john.send(id, 'tea?')
    expect(refusal(await answer(john, { replyTo }))).toBe('422 validation_failed content')
    expect(refusal(await answer(john, { content: ' ', replyTo }))).toBe('422 validation_failed content')
    expect(refusal(await answer(john, { content: 'yes', replyTo: 1 }))).toBe('422 validation_failed replyTo')
  })
})

describe('forwarding', () => {
  test('copies the text and names the original sender, also when forwarded again', async () => {
    const { id: elsewhere } = await jane.conversationWith('anna')
    const original = await john.send(id, 'tea at five')
    const sent = await jane.post(`/api/conversations/${elsewhere}/messages`, { forwardOf: original.id })
    expect(sent.json()).toMatchObject({
      content: 'tea at five',
      conversationId: elsewhere,
      sender: { id: jane.id },
      forwardedFrom: { id: john.id, username: 'john' }
    })
    const { id: notes } = (await anna.post('/api/conversations', { title: 'Notes', usernames: [] })).json()
    const again = await anna.post(`/api/conversations/${notes}/messages`, { forwardOf: sent.json().id })
    expect(again.json()).toMatchObject({ content: 'tea at five', forwardedFrom: { id: john.id } })
  })

  test('is sent once per key, and its text cannot be edited', async () => {
    const { id: forwardOf } = await john.send(id, 'tea at five')
    const body = { forwardOf, clientId: randomUUID() }
    const first = (await answer(jane, body)).json<Message>()
    await john.patch(`${url}/${forwardOf}`, { content: 'tea at six' })
    expect((await answer(jane, body)).json()).toEqual(first)
    expect(refusal(await jane.patch(`${url}/${first.id}`, { content: 'tea at seven' }))).toBe(
      '403 not_allowed'
    )
    expect((await jane.delete(`${url}/${first.id}`)).statusCode).toBe(204)
  })

  test("requires membership in the original's conversation", async () => {
    const secret = await john.send((await john.conversationWith('jane')).id, 'secret')
    const { id: target } = await anna.conversationWith('john')
    const forward = await anna.post(`/api/conversations/${target}/messages`, { forwardOf: secret.id })
    expect(refusal(forward)).toBe('404 message_not_found')
    const { id: forwardOf } = await anna.send(target, 'mine')
    expect(refusal(await anna.post(url, { forwardOf }))).toBe('404 conversation_not_found')
  })

  test.each([
    [{ forwardOf: 'x' }, '404 message_not_found'],
    [{ forwardOf: '1', content: 'a' }, '422 validation_failed content'],
    [{ forwardOf: '1', replyTo: '1' }, '422 validation_failed replyTo'],
    [{ forwardOf: 1 }, '422 validation_failed forwardOf']
  ])('refuses %j', async (body, expected) => {
    expect(refusal(await answer(john, body))).toBe(expected)
  })

  test('a deleted message or a system message cannot be forwarded', async () => {
    const { id: forwardOf } = await john.send(id, 'tea at five')
    await john.delete(`${url}/${forwardOf}`)
    expect(refusal(await answer(john, { forwardOf }))).toBe('409 message_deleted')
    const { lastMessage } = (await john.patch(`/api/conversations/${id}`, { title: 'Mates' })).json()
    expect(refusal(await answer(john, { forwardOf: lastMessage.id }))).toBe('403 not_allowed')
  })
})

describe('a mention', () => {
  test('names participants, whatever surrounds the name', async () => {
    await john.post(`/api/conversations/${id}/participants`, { username: 'jane.doe' })
    await john.post(`/api/conversations/${id}/participants`, { username: 'zoë' })
    const people = (await john.get(`/api/conversations/${id}/participants`)).json()
    const [, , doe, zoe] = people.map(({ user }: { user: { id: string } }) => user.id) as string[]
    expect(await mentionsOf('@jane, @JANE and (@zoë)!')).toEqual([jane.id, zoe])
    expect(await mentionsOf('hello @jane.')).toEqual([jane.id])
    expect(await mentionsOf('hello @jane.doe...')).toEqual([doe])
    expect(await mentionsOf('@john talks to himself')).toEqual([john.id])
  })

  test('of a non-member is plain text', async () => {
    for (const content of [
      '@anna is not here',
      '@unknown',
      'jane@jane',
      'a.@jane',
      '@ jane',
      '@',
      '@@@',
      '@-'
    ]) {
      expect(await mentionsOf(content), content).toBeUndefined()
    }
  })

  test(`of more than ${mentionsMax} people includes the first ones`, async () => {
    const names = Array.from({ length: mentionsMax }, (_, i) => `@unknown${i}`)
    expect(await mentionsOf(`${names.slice(1).join(' ')} @jane`)).toEqual([jane.id])
    expect(await mentionsOf(`${names.join(' ')} @jane`)).toBeUndefined()
  })

  test('is counted until it is read, is added by an edit, and is removed with an edit or the message', async () => {
    const first = await john.send(id, 'hello @jane')
    const second = await john.send(id, 'hello')
    expect(await unread(jane)).toEqual([first.position])
    expect(await unread(john)).toEqual([])
    await john.patch(`${url}/${second.id}`, { content: 'hello @jane and @john' })
    expect(await unread(jane)).toEqual([first.position, second.position])
    await john.patch(`${url}/${first.id}`, { content: 'hello' })
    expect(await unread(jane)).toEqual([second.position])
    await john.delete(`${url}/${second.id}`)
    expect(await unread(jane)).toEqual([])
    const { id: third } = await john.send(id, '@jane')
    await jane.post(`/api/conversations/${id}/read_messages`, { upTo: third })
    expect(await unread(jane)).toEqual([])
  })

  test(`is listed for at most the newest ${unreadMentionsMax}`, async () => {
    let last = 0
    for (let i = 0; i <= unreadMentionsMax; i++) last = (await john.send(id, '@jane')).position
    const found = await unread(jane)
    expect(found).toHaveLength(unreadMentionsMax)
    expect(found.at(-1)).toBe(last)
    expect(found[0]).toBe(last - unreadMentionsMax + 1)
  })
})
