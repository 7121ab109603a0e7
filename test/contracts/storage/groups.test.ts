import { expect, test } from 'vitest'
import { participantsMax, receiptsMax } from '@parley/contract/limits'
import type { Store } from '../../../server/storage/store.ts'
import { addPerson, sendOf, startGroup } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'

type Person = { userId: number; username: string }

const now = 1_000
const within = (conversationId: number, { userId }: Person) => ({ viewerId: userId, conversationId, now })
const eventsOf = (store: Store, { userId }: Person) => store.events.eventsAfter(userId, 0, 1_000)
const historyOf = (store: Store, conversationId: number, viewer: Person) =>
  store.read('listMessages', { ...within(conversationId, viewer), before: null, limit: 100 })

/** Sends, and gives the message's id. */
async function say(
  store: Store,
  conversationId: number,
  { userId }: Person,
  content: string
): Promise<number> {
  const outcome = await store.send(sendOf(userId, conversationId, content))
  if ('refused' in outcome) throw new Error(outcome.refused)
  return Number(outcome.message.id)
}

function add(store: Store, conversationId: number, by: Person, whom: Person) {
  return store.write('addParticipant', { ...within(conversationId, by), key: whom.username, role: 'member' })
}
function remove(store: Store, conversationId: number, by: Person, { userId }: Person) {
  return store.write('removeParticipant', { ...within(conversationId, by), userId })
}
async function rolesOf(store: Store, conversationId: number, viewer: Person) {
  const page = { ...within(conversationId, viewer), after: null, limit: 1_000 }
  const participants = await store.read('listParticipants', page)
  if ('refused' in participants) throw new Error(participants.refused)
  return Object.fromEntries(participants.map(({ user, role }) => [user.username.split('-')[0], role]))
}

describeStorage('Groups', (under) => {
  test('M2: who was removed sees nothing of the group from then on, also of what they had not read yet', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    await say(store, conversationId, john, 'secret')
    await say(store, conversationId, jane, 'mine')
    await store.write('markRead', { ...within(conversationId, john), upTo: null })
    await remove(store, conversationId, john, jane)
    await say(store, conversationId, john, 'behind her back')

    const events = await eventsOf(store, jane)
    expect(events.map(({ name }) => name)).toEqual(['gone', 'gone', 'gone', 'gone', 'participant_removed'])
    expect(events.at(-1)).toMatchObject({
      data: { mine: false, sender: { id: john.id }, change: { user: { id: jane.id }, participantCount: 1 } }
    })
    expect(await historyOf(store, conversationId, jane)).toEqual({ refused: 'conversation_not_found' })
    expect(await store.read('getConversation', { viewerId: jane.userId, id: conversationId })).toBeNull()
    expect(await store.send(sendOf(jane.userId, conversationId, 'still here?'))).toEqual({
      refused: 'conversation_not_found'
    })
  })

  test('M2: who comes back sees what they may, and nothing that was said meanwhile is in their log', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    await say(store, conversationId, john, 'before')
    await remove(store, conversationId, jane, jane)
    await say(store, conversationId, john, 'meanwhile')
    await add(store, conversationId, john, jane)
    await say(store, conversationId, john, 'after')
    expect((await eventsOf(store, jane)).map(({ name }) => name)).toEqual([
      'conversation_created',
      'message',
      'participant_removed',
      'conversation_created',
      'message'
    ])
  })

  test.each(['all', 'joined'] as const)(
    'M3: with the history "%s", who comes later sees just that',
    async (history) => {
      const { store } = under
      const { john, jane, conversationId } = await startGroup(store, ['jane'], history)
      const early = await say(store, conversationId, john, 'before')
      await remove(store, conversationId, john, jane)
      const anna = await addPerson(store, 'anna')
      for (const person of [anna, jane]) await add(store, conversationId, john, person)
      await say(store, conversationId, john, 'after')

      const sees = history === 'all'
      for (const [person, line] of [
        [anna, 'added anna'],
        [jane, 'added jane']
      ] as const) {
        const page = await historyOf(store, conversationId, person)
        const contents = 'refused' in page ? [] : page.messages.map(({ content }) => content)
        expect(contents).toContain('after')
        expect(contents.some((content) => content.includes(line))).toBe(true)
        expect(contents.includes('before')).toBe(sees)
        const before = { ...within(conversationId, person), before: early, limit: 9 }
        const found = await store.read('listMessages', before)
        expect('refused' in found ? found.refused : null).toBe(sees ? null : 'message_not_found')
        const mark = await store.write('markRead', { ...within(conversationId, person), upTo: early })
        expect(mark?.refused).toBe(sees ? undefined : 'message_not_found')
      }
      // What jane had in her log from the time before is seen again, or not.
      const replayed = (await eventsOf(store, jane)).filter(({ name }) => name === 'message')
      expect(replayed.map(({ data }) => 'content' in data && data.content)).toEqual(
        sees ? ['before', 'after'] : ['after']
      )
    }
  )

  test('M4: an owner who leaves passes the group to the admin who has been there longest', async () => {
    const { store } = under
    const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
    await store.write('changeRole', { ...within(conversationId, john), userId: anna.userId, role: 'admin' })
    await remove(store, conversationId, john, john)
    expect(await rolesOf(store, conversationId, jane)).toEqual({ anna: 'owner', jane: 'member' })
    await remove(store, conversationId, anna, anna)
    expect(await rolesOf(store, conversationId, jane)).toEqual({ jane: 'owner' })
    await remove(store, conversationId, jane, jane)
    expect((await eventsOf(store, jane)).at(-1)).toMatchObject({
      name: 'participant_removed',
      data: { mine: true, content: expect.stringMatching(/^jane-\d+ left$/), change: { participantCount: 0 } }
    })
    expect(await store.read('listFindings', {})).toEqual([])
  })

  test('M5: how far others have read is told in groups of up to 50, in larger ones to the reader alone', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    const fill = Array.from({ length: receiptsMax - 2 }, () => addPerson(store))
    for (const person of await Promise.all(fill)) await add(store, conversationId, john, person)
    const readAndTell = async () => {
      await say(store, conversationId, john, 'read this')
      const { head } = await store.events.bounds(john.userId)
      await store.write('markRead', { ...within(conversationId, jane), upTo: null })
      const page = { ...within(conversationId, john), after: null, limit: 2 }
      const participants = await store.read('listParticipants', page)
      return [
        (await store.events.bounds(john.userId)).head - head,
        'refused' in participants ? null : participants[1]!.readUpTo !== null
      ]
    }
    expect(await readAndTell()).toEqual([1, true])
    await add(store, conversationId, john, await addPerson(store))
    expect(await readAndTell()).toEqual([0, false])
    expect((await eventsOf(store, jane)).at(-1)).toMatchObject({ name: 'read', data: { userId: jane.id } })
  })

  test('a group holds 1,000 people and no more, and all of them get each message', async () => {
    const { store } = under
    const people: Person[] = []
    for (let i = 0; i < participantsMax; i++) people.push(await addPerson(store))
    const [john, ...others] = people as [Awaited<ReturnType<typeof addPerson>>, ...Person[]]
    const late = others.pop()!
    const { id } = await store.write('startGroup', {
      me: john,
      title: 'Everybody',
      userIds: others.map(({ userId }) => userId),
      history: 'all',
      now
    })
    expect(await add(store, id, john, late)).toMatchObject({ added: true })
    expect(await add(store, id, john, late)).toMatchObject({ added: false })
    expect(await add(store, id, john, await addPerson(store))).toEqual({ refused: 'group_full' })
    await say(store, id, john, 'hello everybody')
    for (const person of [john, others[0]!, others.at(-1)!, late]) {
      expect((await eventsOf(store, person)).at(-1)).toMatchObject({ data: { content: 'hello everybody' } })
    }
    const page = { ...within(id, late), limit: 100 }
    const seen: string[] = []
    for (let after: number | null = null; ;) {
      const found = await store.read('listParticipants', { ...page, after })
      if ('refused' in found || found.length === 0) break
      seen.push(...found.map(({ user }) => user.id))
      after = Number(seen.at(-1))
    }
    expect(new Set(seen).size).toBe(participantsMax)
    expect(seen).toHaveLength(participantsMax)
  })
})

describeStorage('At the same moment', (under) => {
  test('C1: a message is sent before its sender is removed, or refused', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    const sending = Array.from({ length: 60 }, (_, i) =>
      store.send(sendOf(jane.userId, conversationId, `number ${i}`))
    )
    const removing = remove(store, conversationId, john, jane)
    // Also those that are sent once the removal is under way.
    sending.push(...Array.from({ length: 60 }, () => store.send(sendOf(jane.userId, conversationId, 'late'))))
    const outcomes = await Promise.all(sending)
    expect(await removing).toBeNull()
    const page = await store.read('listMessages', {
      ...within(conversationId, john),
      before: null,
      limit: 200
    })
    const messages = 'refused' in page ? [] : page.messages
    const line = messages.find(({ change }) => change?.kind === 'participant_removed')!
    expect(messages[0]).toEqual(line)
    const sent = outcomes.filter((outcome) => 'message' in outcome)
    expect(messages.filter(({ change }) => !change)).toHaveLength(sent.length)
    const refused = outcomes.flatMap((outcome) => ('refused' in outcome ? [outcome.refused] : []))
    expect(new Set(refused).size).toBeLessThanOrEqual(1)
    expect(refused[0] ?? 'conversation_not_found').toBe('conversation_not_found')
    const names = (await eventsOf(store, jane)).map(({ name }) => name)
    expect(names.at(-1)).toBe('participant_removed')
    expect(names.filter((name) => name !== 'gone')).toHaveLength(1)
    expect(messages.map(({ position }) => position)).toEqual(messages.map((_, i) => messages.length - i))
  })

  test('C2: whatever owners and admins do to each other, a group has one owner', async () => {
    const { store } = under
    const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
    const people = [john, jane, anna]
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        people.flatMap((who) =>
          people.flatMap((whom) => [
            store.write('changeRole', {
              ...within(conversationId, who),
              userId: whom.userId,
              role: round % 2 ? 'owner' : 'admin'
            }),
            ...(round % 3 === 2 && who !== whom ? [remove(store, conversationId, who, whom)] : [])
          ])
        )
      )
      expect(await store.read('listFindings', {})).toEqual([])
      const there = await Promise.all(people.map((person) => historyOf(store, conversationId, person)))
      const viewer = people[there.findIndex((page) => 'messages' in page)]!
      const roles = await rolesOf(store, conversationId, viewer)
      const owner = people.find(({ username }) => roles[username.split('-')[0]!] === 'owner')!
      for (const person of people) await add(store, conversationId, owner, person)
    }
  })

  test('C3: nobody hears of a group after they were removed, whatever is marked read meanwhile', async () => {
    const { store } = under
    const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
    let told: { seq: number; name: string }[] = []
    store.events.onCommitted((events) => {
      for (const { name, to } of events) {
        told.push(...to.filter(({ userId }) => userId === jane.userId).map(({ seq }) => ({ seq, name })))
      }
    })
    for (let round = 0; round < 10; round++) {
      const at = await say(store, conversationId, anna, 'read this')
      told = []
      await Promise.all([
        store.write('markRead', { ...within(conversationId, john), upTo: at }),
        remove(store, conversationId, john, jane),
        store.write('markRead', { ...within(conversationId, anna), upTo: at }),
        say(store, conversationId, john, 'meanwhile')
      ])
      expect(told.toSorted((a, b) => a.seq - b.seq).at(-1)?.name).toBe('participant_removed')
      await add(store, conversationId, john, jane)
    }
  })
})
