import { describe, expect, test } from 'vitest'
import type { Change } from '@parley/contract/messages'
import { messageOf } from '../../../server/messages/rows.ts'
import { jane, john } from '../../web/model-server.ts'

/** A stored line by john; its content is what an older node wrote. */
const stored = (change: unknown) => ({
  id: 1,
  conversation_id: 7,
  position: 1,
  content: 'as it was stored',
  body: JSON.stringify({ change }),
  client_id: null,
  created_at: 0,
  version: 1,
  edited_at: null,
  deleted_at: null,
  user_id: Number(john.id),
  username: john.username,
  avatar_url: null
})

describe('a system line', () => {
  const lines: [Change, string][] = [
    [{ kind: 'conversation_created', title: 'Friends' }, 'john started the group “Friends”'],
    [{ kind: 'participant_added', user: jane, role: 'member' }, 'john added jane'],
    [{ kind: 'participant_added', user: jane, role: 'admin' }, 'john added jane as an admin'],
    [{ kind: 'participant_removed', user: jane }, 'john removed jane'],
    [{ kind: 'participant_removed', user: john }, 'john left'],
    [{ kind: 'role_changed', user: jane, role: 'owner' }, 'john made jane the owner'],
    [{ kind: 'conversation_renamed', title: 'Old friends' }, 'john renamed the group to “Old friends”']
  ]
  test.each(lines)('is read from its data, not from its stored content: %o', (change, content) => {
    expect(messageOf(stored(change), 2)).toMatchObject({ content, change })
  })

  test('of a kind that only a newer node knows keeps its stored content', () => {
    expect(messageOf(stored({ kind: 'from_the_future' }), 2).content).toBe('as it was stored')
  })

  test('does not turn a message with other extras into a line', () => {
    const message = { ...stored(undefined), body: JSON.stringify({ mentions: ['2'] }) }
    expect(messageOf(message, 2).content).toBe('as it was stored')
  })
})
