import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import type { ProblemDocument } from '@parley/contract/problems'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let group: string
let sent: Message
beforeAll(async () => {
  parley = await startInProcess()
  john = await parley.signIn('john')
  group = await john.group(['jane'])
  sent = await john.send(group.split('/').at(-1)!, 'hello')
})
afterAll(() => parley.close())

const codePoints = [
  [0x09, 0x0a, 0x20, 0x7f, 0x85, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x1680, 0x17b4, 0x17b5, 0x180b],
  [0x180e, 0x2000, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x202f, 0x2060],
  [0x2064, 0x2066, 0x2069, 0x206f, 0x2800, 0x3000, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0x1d159],
  [0x1bca0, 0x1d173, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef]
].flat()
const blank = codePoints.flatMap((each) => {
  const character = String.fromCodePoint(each)
  return [character, character.repeat(3), ` ${character}\u200b`]
})

describe('a text without visible characters', () => {
  test.each(blank)('%j is refused as a message, an edit and a title', async (text) => {
    const messages = `${group}/messages`
    for (const answer of [
      await john.post(messages, { content: text }),
      await john.patch(`${messages}/${sent.id}`, { content: text })
    ]) {
      expect(refusal(answer)).toBe('422 validation_failed content')
    }
    for (const answer of [
      await john.post('/api/conversations', { title: text, usernames: ['jane'] }),
      await john.patch(group, { title: text })
    ]) {
      expect(refusal(answer)).toBe('422 validation_failed title')
    }
  })

  test('is refused with an explanation', async () => {
    const answer = await john.post(`${group}/messages`, { content: '\u200b' })
    expect(answer.json<ProblemDocument>().detail).toBe('Content must contain a visible character.')
  })

  test.each([
    '.',
    '👍',
    '❤️',
    '好',
    'ا',
    '\u0301',
    '\u200b.',
    '\u202eabc',
    'לא',
    '👩‍👩‍👧',
    '\ue000',
    '\u{10ffff}',
    '\u06dd',
    '۝'
  ])('is not %j', async (content) => {
    expect((await john.post(`${group}/messages`, { content })).json()).toMatchObject({ content })
  })
})

describe('a title', () => {
  test.each([
    'a\nb',
    'a\rb',
    'a\tb',
    'a\u0000b',
    'a\u0007b',
    'a\u001bb',
    'a\u0085b',
    'a\u2028b',
    'a\u2029b',
    'a\u202eb',
    'a\u2066b'
  ])('is a single line: not %j', async (title) => {
    expect(refusal(await john.patch(group, { title }))).toBe('422 validation_failed title')
    expect(refusal(await john.post('/api/conversations', { title, usernames: ['jane'] }))).toBe(
      '422 validation_failed title'
    )
  })
  test.each(['Café', '👩‍👩‍👧 family', 'می‌خواهم', 'שלום!', '  trimmed \n'])('may be %j', async (title) => {
    expect((await john.patch(group, { title })).json().title).toBe(title.trim())
  })
})
