import { expect, it } from 'vitest'
import type { Change, Message } from '@parley/contract/messages'
import { lineText } from '../../web/src/lib/line-texts.ts'
import { jane, joe, john } from './model-server.ts'

const line = (sender: typeof jane, change: Change, content = ''): Message => ({
  id: '1',
  content,
  conversationId: '9',
  createdAt: '2026-01-31T12:00:00.000Z',
  mine: sender === john,
  position: 1,
  sender,
  change
})

it.each<[string, Message]>([
  ['You started the group “friends”', line(john, { kind: 'conversation_created', title: 'friends' })],
  ['jane added joe', line(jane, { kind: 'participant_added', user: joe, role: 'member' })],
  ['jane added you as an admin', line(jane, { kind: 'participant_added', user: john, role: 'admin' })],
  ['You removed joe', line(john, { kind: 'participant_removed', user: joe })],
  ['joe left', line(joe, { kind: 'participant_removed', user: joe })],
  ['jane made you an admin', line(jane, { kind: 'role_changed', user: john, role: 'admin' })],
  ['jane made joe a member', line(jane, { kind: 'role_changed', user: joe, role: 'member' })],
  ['joe is now the owner', line(jane, { kind: 'role_changed', user: joe, role: 'owner' })],
  ['jane named the group “garden”', line(jane, { kind: 'conversation_renamed', title: 'garden' })]
])('a system message reads: %s', (said, message) => {
  expect(lineText(message, john)).toBe(said)
})

it('an unknown system message shows the server’s text', () => {
  const change = { kind: 'conversation_painted' } as unknown as Change
  expect(lineText(line(jane, change, 'jane painted the group'), john)).toBe('jane painted the group')
})

it('a name of another text direction is isolated from the words around it', () => {
  const maryam = { ...jane, username: 'مريم' }
  expect(lineText(line(maryam, { kind: 'participant_removed', user: maryam }), john)).toBe(
    '\u2068مريم\u2069 left'
  )
})
