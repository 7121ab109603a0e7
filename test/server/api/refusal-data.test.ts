import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { ProblemDocument } from '@parley/contract/problems'
import { startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let group: string
let line: Message
let direct: Conversation
beforeAll(async () => {
  parley = await startInProcess()
  ;[john, jane] = [await parley.signIn('john'), await parley.signIn('jane')]
  group = await john.group(['jane'])
  direct = await john.conversationWith('jane')
  ;[line] = (await john.get(`${group}/messages`)).json<[Message]>()
})
afterAll(() => parley.close())

const participant = ({ id }: Person) => `${group}/participants/${id}`

/** Returns the part of a refusal from which a client makes its sentence. */
function dataOf(answer: LightMyRequestResponse) {
  const { code, data, fields } = answer.json<ProblemDocument>()
  return { code, ...(data && { data }), ...(fields && { fields }) }
}

const notAllowed = (data: object) => ({ code: 'not_allowed', data })
const refusals: [string, () => Promise<LightMyRequestResponse>, object][] = [
  [
    'a role that does not allow the action',
    () => jane.patch(group, { title: 'Mates' }),
    notAllowed({ reason: 'role', role: 'member', action: 'rename' })
  ],
  [
    'a change of one’s own role',
    () => john.patch(participant(john), { role: 'admin' }),
    notAllowed({ reason: 'own_role' })
  ],
  [
    'a removal of the owner',
    async () => {
      await john.patch(participant(jane), { role: 'admin' })
      const answer = await jane.delete(participant(john))
      await john.patch(participant(jane), { role: 'member' })
      return answer
    },
    notAllowed({ reason: 'target_is_owner' })
  ],
  [
    'a conversation that is not a group',
    () => john.patch(`/api/conversations/${direct.id}`, { title: 'Mates' }),
    notAllowed({ reason: 'direct_conversation' })
  ],
  [
    'a system line that is edited',
    () => john.patch(`${group}/messages/${line.id}`, { content: 'Mates' }),
    notAllowed({ reason: 'system_line' })
  ],
  [
    'an unknown username',
    () => john.post(`${group}/participants`, { username: 'jill-of-all-trades' }),
    { code: 'user_not_found', data: { username: 'jill-of-all-trades' } }
  ],
  [
    'the twenty-first emoji',
    async () => {
      const { id } = await john.send(direct.id, 'hello')
      const reactions = `/api/conversations/${direct.id}/messages/${id}/reactions`
      const emoji = [
        '😀',
        '😁',
        '😂',
        '😃',
        '😄',
        '😅',
        '😆',
        '😇',
        '😈',
        '😉',
        '😊',
        '😋',
        '😌',
        '😍',
        '😎',
        '😏',
        '😐',
        '😑',
        '😒',
        '😓'
      ]
      for (const each of emoji) await john.put(`${reactions}/${encodeURIComponent(each)}`)
      return john.put(`${reactions}/${encodeURIComponent('😔')}`)
    },
    { code: 'too_many_reactions', data: { max: 20 } }
  ],
  [
    'a title that is too long',
    () => john.patch(group, { title: 'x'.repeat(101) }),
    { code: 'validation_failed', fields: { title: { code: 'too_long', max: 100 } } }
  ],
  [
    'a title of two lines',
    () => john.patch(group, { title: 'old\nfriends' }),
    { code: 'validation_failed', fields: { title: { code: 'not_one_line' } } }
  ],
  [
    'a reaction that is not an emoji',
    () => john.put(`/api/conversations/${direct.id}/messages/${line.id}/reactions/x`),
    { code: 'validation_failed', fields: { emoji: { code: 'invalid_format', format: 'emoji' } } }
  ],
  [
    'an unknown field',
    () => john.post(`${group}/messages`, { content: 'hello', colour: 'red' }),
    { code: 'validation_failed', fields: { colour: { code: 'unknown_field' } } }
  ],
  [
    'fields that exclude each other',
    () => john.post('/api/conversations', { username: 'jane', title: 'Friends' }),
    {
      code: 'validation_failed',
      fields: { username: { code: 'conflicts_with', fields: ['title', 'usernames', 'history'] } }
    }
  ],
  [
    'a repeated parameter',
    () => john.get(`${group}/messages?before=1&before=2`),
    { code: 'validation_failed', fields: { before: { code: 'repeated' } } }
  ]
]

test.each(refusals)('the refusal of %s carries its data', async (_name, ask, expected) => {
  expect(dataOf(await ask())).toEqual(expected)
})
