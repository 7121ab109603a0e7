import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { versionsListed } from '@parley/contract/limits'
import type { Message, MessageVersion } from '@parley/contract/messages'
import type { ProblemDocument } from '@parley/contract/problems'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let id: string
let url: string
let message: Message
let address: string
beforeAll(async () => {
  parley = await startInProcess()
  ;[john, jane] = [await parley.signIn('john'), await parley.signIn('jane')]
  id = (await john.conversationWith('jane')).id
  url = `/api/conversations/${id}/messages`
})
afterAll(() => parley.close())
beforeEach(async () => {
  message = await john.send(id, 'hello')
  address = `${url}/${message.id}`
})

const headOf = async (person: Person) =>
  Number(String((await person.get(`/api/conversations/${id}`)).headers['event-cursor']).split('-')[1])

describe('editing', () => {
  test('returns the message with its new text, marked as edited, at the same position', async () => {
    const answer = await john.patch(address, { content: ' good morning ' })
    expect(answer.statusCode).toBe(200)
    const edited = { ...message, content: 'good morning', version: 2, editedAt: expect.stringMatching(/Z$/) }
    expect(answer.json()).toEqual(edited)
    expect((await jane.get(`${url}?peek=1`)).json()[0]).toEqual({ ...edited, mine: false })
    expect((await john.patch(address, { content: 'good evening', version: 2 })).json().version).toBe(3)
  })

  test('to the same text changes nothing and creates no event, whatever the version', async () => {
    await john.patch(address, { content: 'hi' })
    const head = await headOf(jane)
    const again = await john.patch(address, { content: 'hi', version: 1 })
    expect(again.json()).toMatchObject({ content: 'hi', version: 2 })
    expect(await headOf(jane)).toBe(head)
  })

  test('of an old version is refused with the current message', async () => {
    const { editedAt } = (await john.patch(address, { content: 'hi', version: 1 })).json<Message>()
    const answer = await john.patch(address, { content: 'hello there', version: 1 })
    expect(refusal(answer)).toBe('409 version_conflict')
    expect(answer.json<ProblemDocument>().current).toEqual({
      ...message,
      content: 'hi',
      version: 2,
      editedAt
    })
  })

  test.each([
    [{}, '422 validation_failed content'],
    [{ content: ' ' }, '422 validation_failed content'],
    [{ content: 'a'.repeat(4001) }, '422 validation_failed content'],
    [{ content: 'a\0' }, '422 validation_failed content'],
    [{ content: 'a', version: 0 }, '422 validation_failed version'],
    [{ content: 'a', version: '1' }, '422 validation_failed version'],
    [{ content: 'a', version: 1.5 }, '422 validation_failed version'],
    [{ content: 'a', replyTo: '1' }, '422 validation_failed replyTo']
  ])('refuses %j', async (body, expected) => {
    expect(refusal(await john.patch(address, body))).toBe(expected)
  })

  test("of another user's message is refused", async () => {
    expect(refusal(await jane.patch(address, { content: 'mine' }))).toBe('403 not_your_message')
  })

  test('earlier versions cannot be read in a direct conversation', async () => {
    await john.patch(address, { content: 'hi' })
    for (const person of [john, jane]) {
      expect(refusal(await person.get(`${address}/versions`))).toBe('403 not_allowed')
    }
  })
})

describe('deleting', () => {
  test("keeps the message's position without its text, and is idempotent", async () => {
    await john.patch(address, { content: 'hi' })
    expect((await john.delete(address)).statusCode).toBe(204)
    const tombstone = { ...message, content: '', version: 3, deletedAt: expect.stringMatching(/Z$/) }
    expect((await john.get(url)).json()[0]).toEqual(tombstone)
    const head = await headOf(jane)
    expect((await john.delete(address)).statusCode).toBe(204)
    expect(await headOf(jane)).toBe(head)
  })

  test('a deleted message cannot be edited', async () => {
    await john.delete(address)
    expect(refusal(await john.patch(address, { content: 'hello' }))).toBe('409 message_deleted')
    expect(refusal(await john.patch(address, { content: '' }))).toBe('422 validation_failed content')
  })

  test("of another user's message is refused in a direct conversation", async () => {
    expect(refusal(await jane.delete(address))).toBe('403 not_your_message')
  })

  test('keeps the key: a retry returns the same, deleted message', async () => {
    const clientId = randomUUID()
    const body = { content: 'once', clientId }
    const sent = (await john.post(url, body)).json<Message>()
    await john.delete(`${url}/${sent.id}`)
    const again = await john.post(url, body)
    expect(again.statusCode).toBe(201)
    expect(again.json()).toMatchObject({ id: sent.id, clientId, content: '', version: 2 })
  })
})

describe('in a group', () => {
  let group: string
  let hers: string
  beforeEach(async () => {
    group = await john.group(['jane'])
    hers = `${group}/messages/${(await jane.send(group.split('/').at(-1)!, 'rude')).id}`
  })

  test("its owner deletes a member's message and reads its earlier versions; the member does not", async () => {
    await jane.patch(hers, { content: 'ruder' })
    expect((await john.delete(hers)).statusCode).toBe(204)
    expect((await john.get(`${hers}/versions`)).json()).toEqual([
      { version: 1, content: 'rude', replacedAt: expect.stringMatching(/Z$/) },
      { version: 2, content: 'ruder', replacedAt: expect.stringMatching(/Z$/) }
    ])
    expect(refusal(await jane.get(`${hers}/versions`))).toBe('403 not_allowed')
    expect(refusal(await jane.patch(hers, { content: 'sorry' }))).toBe('409 message_deleted')
  })

  test('the newest 100 earlier versions are listed', async () => {
    for (let i = 0; i < versionsListed + 1; i++) await jane.patch(hers, { content: `text ${i}` })
    const versions = (await john.get(`${hers}/versions`)).json<MessageVersion[]>()
    expect(versions.map(({ version }) => version)).toEqual(
      Array.from({ length: versionsListed }, (_, i) => i + 2)
    )
  })

  test('a system message can be neither edited nor deleted, not even by the owner', async () => {
    const { lastMessage } = (await john.patch(group, { title: 'Mates' })).json()
    const line = `${group}/messages/${lastMessage.id}`
    expect(refusal(await john.patch(line, { content: 'I did not' }))).toBe('403 not_allowed')
    expect(refusal(await john.delete(line))).toBe('403 not_allowed')
    expect(refusal(await john.get(`${line}/versions`))).toBe('403 not_allowed')
  })
})

describe('an unknown message', () => {
  test.each(['x', '0', '999999', '%00'])('%s', async (messageId) => {
    const answers = [
      await john.patch(`${url}/${messageId}`, { content: 'hello' }),
      await john.delete(`${url}/${messageId}`),
      await john.get(`${url}/${messageId}/versions`)
    ]
    expect(new Set(answers.map(refusal))).toEqual(new Set(['404 message_not_found']))
  })

  test("another conversation's", async () => {
    const { id: elsewhere } = await john.send((await john.group([])).split('/').at(-1)!, 'elsewhere')
    expect(refusal(await john.patch(`${url}/${elsewhere}`, { content: 'hello' }))).toBe(
      '404 message_not_found'
    )
  })
})
