import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { reactionsMax } from '@parley/contract/limits'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let url: string
let address: string
beforeAll(async () => {
  parley = await startInProcess()
  ;[john, jane] = [await parley.signIn('john'), await parley.signIn('jane')]
  url = `/api/conversations/${(await john.conversationWith('jane')).id}/messages`
})
afterAll(() => parley.close())
beforeEach(async () => {
  address = `${url}/${(await john.send(url.split('/')[3]!, 'hello')).id}`
})

const reaction = (emoji: string) => `${address}/reactions/${encodeURIComponent(emoji)}`
const reactions = async () => (await jane.get(`${url}?peek=1`)).json<Message[]>()[0]!.reactions

describe('a reaction', () => {
  test('exists once per user and emoji until it is removed', async () => {
    for (const person of [jane, john, jane]) {
      const answer = await person.put(reaction('👍'))
      expect([answer.statusCode, answer.body]).toEqual([204, ''])
    }
    await jane.put(reaction('❤️'))
    expect(await reactions()).toEqual([
      { emoji: '❤️', userIds: [jane.id] },
      { emoji: '👍', userIds: [jane.id, john.id] }
    ])
    for (let i = 0; i < 2; i++) expect((await jane.delete(reaction('👍'))).statusCode).toBe(204)
    await jane.delete(reaction('❤️'))
    expect(await reactions()).toEqual([{ emoji: '👍', userIds: [john.id] }])
    await john.delete(reaction('👍'))
    expect(await reactions()).toBeUndefined()
  })

  test.each(['👍', '👍🏽', '❤️', '🇫🇷', '1️⃣', '👩‍👩‍👧‍👦', '👩🏻‍❤️‍💋‍👩🏿', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🏳️‍🌈'])('may be %s', async (emoji) => {
    expect((await jane.put(reaction(emoji))).statusCode).toBe(204)
    expect(await reactions()).toEqual([{ emoji, userIds: [jane.id] }])
  })

  test.each([
    'a',
    '1',
    '1\ufe0f',
    '\ufe0f',
    '👍👍',
    '👍 ',
    ' ',
    ':+1:',
    '\u200d',
    '👍\0',
    '❤\ufe0f'.repeat(500),
    'x'.repeat(500)
  ])('is not %j', async (emoji) => {
    expect(refusal(await jane.put(reaction(emoji)))).toBe('422 validation_failed emoji')
    expect(refusal(await jane.delete(reaction(emoji)))).toBe('422 validation_failed emoji')
  })

  test.each([
    ['❤️', ['\u2764', '\u2764\ufe0e', '\u2764\ufe0f', '\u2764\ufe0f\ufe0f']],
    ['👍', ['👍', '👍\ufe0f', '👍\ufe0e']],
    ['☺️', ['\u263a', '\u263a\ufe0f', '\u263a\ufe0e']],
    ['1️⃣', ['1\u20e3', '1\ufe0f\u20e3']],
    ['☝🏽', ['☝🏽', '☝\ufe0f🏽']],
    ['🏳️‍🌈', ['\u{1f3f3}\u200d🌈', '\u{1f3f3}\ufe0f\u200d🌈']],
    ['👁️‍🗨️', ['\u{1f441}\u200d\u{1f5e8}', '\u{1f441}\ufe0f\u200d\u{1f5e8}']],
    ['❤️‍🔥', ['\u2764\u200d🔥', '\u2764\ufe0f\u200d🔥\ufe0f']],
    ['🕵🏽‍♂️', ['🕵🏽\u200d♂', '🕵\ufe0f🏽\u200d♂\ufe0f']]
  ])('%s is the same in every encoding, also for its removal', async (emoji, forms) => {
    for (const form of forms) {
      expect((await jane.put(reaction(form))).statusCode).toBe(204)
      expect((await john.put(reaction(forms[0]!))).statusCode).toBe(204)
      expect(await reactions(), JSON.stringify(form)).toEqual([{ emoji, userIds: expect.any(Array) }])
      expect((await reactions())![0]!.userIds).toHaveLength(2)
      expect((await jane.delete(reaction(forms.at(-1)!))).statusCode).toBe(204)
      expect((await reactions())![0]!.userIds).toEqual([john.id])
    }
  })

  test('that is stored in another encoding is found and removed', async () => {
    const input = {
      viewerId: Number(john.id),
      conversationId: Number(url.split('/')[3]),
      messageId: Number(address.split('/').at(-1))
    }
    await parley.app.store.write('addReaction', { ...input, emoji: '\u2764', now: 1 })
    expect(await reactions()).toEqual([{ emoji: '\u2764', userIds: [john.id] }])
    await jane.put(reaction('❤️'))
    expect(await reactions()).toEqual([{ emoji: '\u2764', userIds: [john.id, jane.id] }])
    for (const person of [john, jane]) await person.delete(reaction('❤️'))
    expect(await reactions()).toBeUndefined()
  })

  test(`is limited to ${reactionsMax} different emoji, each from any number of users`, async () => {
    const animals = Array.from({ length: reactionsMax }, (_, i) => String.fromCodePoint(0x1f400 + i))
    for (const emoji of animals) await jane.put(reaction(emoji))
    expect(refusal(await john.put(reaction('👍')))).toBe('422 too_many_reactions')
    expect((await john.put(reaction(animals[0]!))).statusCode).toBe(204)
    await jane.delete(reaction(animals[1]!))
    expect((await john.put(reaction('👍'))).statusCode).toBe(204)
    expect(await reactions()).toHaveLength(reactionsMax)
  })

  test('survives an edit and is removed by a deletion, after which none can be added', async () => {
    await jane.put(reaction('👍'))
    const edited = await john.patch(address, { content: 'hi' })
    expect(edited.json()).toMatchObject({ version: 2, reactions: [{ emoji: '👍' }] })
    await john.delete(address)
    expect(await reactions()).toBeUndefined()
    for (const answer of [await jane.put(reaction('👍')), await jane.delete(reaction('👍'))]) {
      expect(refusal(answer)).toBe('409 message_deleted')
    }
  })

  test('cannot be added to a system message or to an unknown message', async () => {
    const group = await john.group(['jane'])
    const { lastMessage } = (await john.get(group)).json()
    address = `${group}/messages/${lastMessage.id}`
    expect(refusal(await jane.put(reaction('👍')))).toBe('403 not_allowed')
    for (const id of ['x', '999999']) {
      address = `${url}/${id}`
      expect(refusal(await jane.put(reaction('👍')))).toBe('404 message_not_found')
    }
  })
})
