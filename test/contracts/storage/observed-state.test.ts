import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogEvent } from '@parley/contract/events'
import type { PersonalValue } from '@parley/contract/personal-state'
import type { CommittedEvent, EncodedEvent } from '../../../server/platform/storage/event-log.ts'
import type { Store } from '../../../server/store.ts'
import { ObservedState } from '../../harness/observed-state.ts'
import { addPerson, sendOf } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'
import { decoded } from '../../fixtures/decoded.ts'
import { eventsAfter } from '../../fixtures/logs.ts'
import { accepted } from '../../../server/platform/storage/refusals.ts'

type Person = Awaited<ReturnType<typeof addPerson>>

/** An act of one user; most acts are refused without permission. */
type Act = { who: number; whom: number; what: string; number: number }

/** Relative frequency of each act. */
const weights = {
  send: 2,
  mention: 4,
  edit: 3,
  delete: 1,
  react: 6,
  unreact: 3,
  read: 1,
  rename: 1,
  add: 3,
  remove: 1,
  leave: 1,
  draft: 6,
  'no draft': 2
}
const acts = Object.entries({ ...weights, promote: 1, 'hand over': 1, demote: 1 }).flatMap(([what, weight]) =>
  Array.from({ length: weight }, () => what)
)
const act: fc.Arbitrary<Act> = fc.record({
  who: fc.nat(3),
  whom: fc.nat(3),
  what: fc.constantFrom(...acts),
  number: fc.nat(1_000)
})

async function run(store: Store, people: Person[], conversationId: number, { who, whom, what, number }: Act) {
  const viewer = { viewerId: people[who]!.userId, conversationId, now: Date.now() }
  const other = people[whom]!
  const target = { ...viewer, userId: other.userId }
  switch (what) {
    case 'send':
      return store.send(sendOf(viewer.viewerId, conversationId, `number ${number}`))
    case 'mention': {
      const extras = { mentions: [other.id] }
      return store.send(sendOf(viewer.viewerId, conversationId, `number ${number}`, undefined, extras))
    }
    case 'react':
    case 'unreact': {
      const messageId = await anyMessage(store, viewer, number >> 2)
      if (messageId === null) return null
      const emoji = ['👍', '❤️', '👩‍👩‍👧‍👦', '🇫🇷'][number % 4]!
      return store.write(what === 'react' ? 'addReaction' : 'removeReaction', { ...viewer, messageId, emoji })
    }
    case 'edit':
    case 'delete': {
      const messageId = await anyMessage(store, viewer, number)
      if (messageId === null) return null
      if (what === 'delete') return store.write('deleteMessage', { ...viewer, messageId })
      const mentions = number % 2 ? [other.id] : []
      return store.write('editMessage', {
        ...viewer,
        messageId,
        content: `edited ${number}`,
        mentions,
        version: null
      })
    }
    case 'draft':
    case 'no draft': {
      const key = String(number % 3)
      const version = await versionOf(store, viewer.viewerId, key)
      const value = what === 'draft' ? JSON.stringify({ text: `number ${number}` }) : null
      return store.write('putPersonalState', { ...viewer, kind: 'draft', key, version, value })
    }
    case 'read':
      return store.write('markRead', { ...viewer, upTo: null })
    case 'rename':
      return store.write('renameConversation', { ...viewer, title: `Number ${number}` })
    case 'add':
      return store.write('addParticipant', { ...viewer, key: other.username, role: 'member' })
    case 'remove':
      return store.write('removeParticipant', target)
    case 'leave':
      return store.write('removeParticipant', { ...viewer, userId: viewer.viewerId })
    case 'promote':
      return store.write('changeRole', { ...target, role: 'admin' })
    case 'hand over':
      return store.write('changeRole', { ...target, role: 'owner' })
    case 'demote':
      return store.write('changeRole', { ...target, role: 'member' })
    default:
      throw new Error(what)
  }
}

/** Returns one of the messages visible to a user. */
async function anyMessage(
  store: Store,
  viewer: { viewerId: number; conversationId: number },
  number: number
) {
  const page = await store.read('listMessages', { ...viewer, before: null, limit: 100 })
  if ('refused' in page || page.messages.length === 0) return null
  return Number(page.messages[number % page.messages.length]!.id)
}

async function personalOf(store: Store, viewerId: number): Promise<PersonalValue[]> {
  const input = { viewerId, kind: null, after: null, limit: 1_000, maxBytes: 1_000_000 }
  const found = await store.read('listPersonalState', input)
  return found.map((json) => JSON.parse(json) as PersonalValue)
}

async function versionOf(store: Store, viewerId: number, key: string): Promise<number> {
  return (await personalOf(store, viewerId)).find((value) => value.key === key)?.version ?? 0
}

/** Checks that a user's fetched state equals the state observed from their events. */
async function compare(store: Store, { id, userId: viewerId }: Person, events: LogEvent[]) {
  const observed = new ObservedState(id)
  for (const event of events) observed.apply(event)
  const page = { viewerId, before: null, limit: 1_000 }
  const fetched = (await store.read('listConversations', page))!
  expect(Array.from(observed.conversations.values(), ({ conversation }) => conversation)).toEqual(fetched)
  const byPlace = observed.personal.values().toArray()
  expect(byPlace.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual(await personalOf(store, viewerId))
  for (const { messages, marks, conversation } of observed.conversations.values()) {
    const conversationId = Number(conversation.id)
    const history = await store.read('listMessages', { ...page, conversationId })
    if ('refused' in history) throw new Error(history.refused)
    const known = [...messages.values()].toReversed()
    expect(known).toEqual(history.messages.slice(0, known.length))
    const participants = await store.read('listParticipants', { ...page, conversationId, after: null })
    if ('refused' in participants) throw new Error(participants.refused)
    expect(participants).toHaveLength(conversation.participantCount)
    for (const { user, readUpTo } of participants) expect(marks.get(user.id) ?? readUpTo).toBe(readUpTo)
  }
}

describeStorage('Observed state', (under) => {
  test('M1: whatever a group does, events and a fresh snapshot agree for every member, live and replayed', async () => {
    const live: CommittedEvent[] = []
    under.store.events.onCommitted((events) => live.push(...events))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('all' as const, 'joined' as const),
        fc.array(act, { minLength: 20, maxLength: 60 }),
        async (history, doings) => {
          const { store } = under
          const people = await Promise.all(
            ['john', 'jane', 'anna', 'paul'].map((name) => addPerson(store, name))
          )
          const { id } = accepted(
            await store.write('startGroup', {
              me: people[0]!,
              title: 'Friends',
              userIds: [people[1]!.userId, people[2]!.userId],
              history,
              now: Date.now()
            })
          )
          for (const doing of doings) await run(store, people, id, doing)
          for (const person of people) {
            const replayed = await eventsAfter(store, person.userId, 0, 1_000)
            await compare(store, person, replayed.map(decoded))
            const received = live
              .flatMap(({ to, ...event }) => to.map((place) => ({ ...place, event })))
              .filter(({ userId }) => userId === person.userId)
              .toSorted((a, b) => a.seq - b.seq)
            await compare(
              store,
              person,
              received.map(({ event }) => decoded(event as EncodedEvent))
            )
          }
        }
      ),
      { numRuns: 30 }
    )
    expect(await under.store.read('listFindings', {})).toEqual([])
  })
})
