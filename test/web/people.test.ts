import { expect, it } from 'vitest'
import { newOutboxItem } from '@parley/client'
import { initialState, type Action } from '../../web/src/state/model/state.ts'
import { namesOf, peopleSelector } from '../../web/src/state/model/people.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { jane, jill, joe, john, modelServer } from './model-server.ts'

const taken = (server: ReturnType<typeof modelServer>, ...opened: string[]): Action => ({
  type: 'snapshot_taken',
  snapshot: server.snapshot(opened)
})

it('former members are known from their messages, system messages, and other conversations', () => {
  const server = modelServer()
  server.send('9', jane, 'hello friends')
  server.add(jill)
  server.send('9', joe, 'I like it')
  server.takeOut(joe)
  server.takeOut(jill)
  const people = peopleSelector()(reduce(initialState(john), taken(server, '9')))
  expect(namesOf([jane.id, joe.id, jill.id, john.id, '99'], people, john)).toEqual([
    'jane',
    'joe',
    'jill',
    'you',
    'Someone'
  ])
})

it('a quoted user is known, too', () => {
  const server = modelServer()
  const snapshot = { ...server.snapshot(), opened: [] }
  let state = reduce(initialState(john), { type: 'snapshot_taken', snapshot })
  const answer = { ...server.send('9', jane)!, replyTo: { id: '1', content: 'hello', sender: jill } }
  state = reduce(state, { type: 'history_page_taken', conversationId: '9', messages: [answer], cursor: null })
  expect(namesOf([jill.id], peopleSelector()(state))).toEqual(['jill'])
})

it('the map of users stays the same object if it is equal, so that nothing renders again', () => {
  const server = modelServer()
  server.send('7', jane)
  const select = peopleSelector()
  const state = reduce(initialState(john), taken(server, '7'))
  const before = select(state)
  const message = server.send('7', jane, 'again')!
  const later = reduce(state, {
    type: 'event_arrived',
    event: { name: 'message', data: message },
    cursor: server.head()
  })
  expect(later.histories).not.toBe(state.histories)
  expect(select(later)).toBe(before)
  const renamed = { ...message, id: '99', position: 9, sender: { ...joe, username: 'joseph' } }
  expect(
    select(
      reduce(later, {
        type: 'item_acknowledged',
        item: newOutboxItem('7', renamed.content),
        message: renamed
      })
    ).get(joe.id)?.username
  ).toBe('joseph')
})
