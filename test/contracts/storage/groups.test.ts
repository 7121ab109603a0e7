import { expect, test } from 'vitest'
import { participantsMax, receiptsMax } from '@parley/contract/limits'
import {
  add,
  eventsOf,
  historyOf,
  now,
  remove,
  rolesOf,
  sendText,
  within,
  type Person
} from '../../fixtures/group-acts.ts'
import { addPerson, sendOf, startGroup } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'
import { messageIn } from '../../fixtures/decoded.ts'
import { boundsOf } from '../../fixtures/logs.ts'
import { accepted } from '../../../server/platform/storage/refusals.ts'

describeStorage('Groups', (under) => {
  test('M2: a removed member sees nothing of the group from then on, not even earlier unread messages', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    await sendText(store, conversationId, john, 'secret')
    await sendText(store, conversationId, jane, 'mine')
    await store.write('markRead', { ...within(conversationId, john), upTo: null })
    await remove(store, conversationId, john, jane)
    await sendText(store, conversationId, john, 'behind her back')

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

  test('M2: a returning member sees what they may, and their log has nothing from the time between', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    await sendText(store, conversationId, john, 'before')
    await remove(store, conversationId, jane, jane)
    await sendText(store, conversationId, john, 'meanwhile')
    await add(store, conversationId, john, jane)
    await sendText(store, conversationId, john, 'after')
    expect((await eventsOf(store, jane)).map(({ name }) => name)).toEqual([
      'conversation_created',
      'message',
      'participant_removed',
      'conversation_created',
      'message'
    ])
  })

  test.each(['all', 'joined'] as const)(
    'M3: with the history "%s", a later member sees exactly that',
    async (history) => {
      const { store } = under
      const { john, jane, conversationId } = await startGroup(store, ['jane'], history)
      const early = await sendText(store, conversationId, john, 'before')
      await remove(store, conversationId, john, jane)
      const anna = await addPerson(store, 'anna')
      for (const person of [anna, jane]) await add(store, conversationId, john, person)
      await sendText(store, conversationId, john, 'after')

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
      // What jane's log had before is readable again, or not.
      const replayed = (await eventsOf(store, jane)).filter(({ name }) => name === 'message')
      expect(replayed.map(({ data }) => 'content' in data && data.content)).toEqual(
        sees ? ['before', 'after'] : ['after']
      )
    }
  )

  test('M6: events show an edited or deleted message in its current version, from the first event on', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    const target = (messageId: number) => ({ ...within(conversationId, john), messageId })
    const kept = await sendText(store, conversationId, john, 'first words')
    const gone = await sendText(store, conversationId, john, 'secret')
    await store.write('editMessage', { ...target(kept), content: 'better words', mentions: [], version: 1 })
    await store.write('editMessage', { ...target(gone), content: 'still secret', mentions: [], version: 1 })
    await store.write('deleteMessage', target(gone))
    for (const person of [john, jane]) {
      const text = JSON.stringify([
        await eventsOf(store, person),
        await historyOf(store, conversationId, person),
        await store.read('listConversations', { viewerId: person.userId, before: null, limit: 25 })
      ])
      expect(text).not.toMatch(/secret|first words/)
      expect((await eventsOf(store, person)).slice(3)).toMatchObject([
        { name: 'message_edited', data: { content: 'better words', version: 2 } },
        { name: 'message_edited', data: { content: '', version: 3 } },
        { name: 'message_deleted', data: { content: '', version: 3, mine: person === john } }
      ])
    }
  })

  test('M3: a member who may not see a message gets no events of its changes', async () => {
    const { store } = under
    const { john, conversationId } = await startGroup(store, [], 'joined')
    const messageId = await sendText(store, conversationId, john, 'before')
    const anna = await addPerson(store, 'anna')
    await add(store, conversationId, john, anna)
    const { head } = await boundsOf(store, anna.userId)
    const target = { ...within(conversationId, john), messageId }
    await store.write('editMessage', { ...target, content: 'better', mentions: [], version: null })
    await store.write('addReaction', { ...target, emoji: '👍' })
    await store.write('removeReaction', { ...target, emoji: '👍' })
    await store.write('deleteMessage', target)
    expect((await boundsOf(store, anna.userId)).head).toBe(head)
    const hers = { ...target, viewerId: anna.userId, content: 'mine', mentions: [], version: null }
    expect(await store.write('editMessage', hers)).toEqual({ refused: 'message_not_found' })
  })

  test('M4: an owner who leaves passes ownership to the longest-serving admin', async () => {
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

  test('M5: read positions are shared in groups of up to 50, in larger ones only with the reader', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    const fill = Array.from({ length: receiptsMax - 2 }, () => addPerson(store))
    for (const person of await Promise.all(fill)) await add(store, conversationId, john, person)
    const readAndTell = async () => {
      await sendText(store, conversationId, john, 'read this')
      const { head } = await boundsOf(store, john.userId)
      await store.write('markRead', { ...within(conversationId, jane), upTo: null })
      const page = { ...within(conversationId, john), after: null, limit: 2 }
      const participants = await store.read('listParticipants', page)
      return [
        (await boundsOf(store, john.userId)).head - head,
        'refused' in participants ? null : participants[1]!.readUpTo !== null
      ]
    }
    expect(await readAndTell()).toEqual([1, true])
    await add(store, conversationId, john, await addPerson(store))
    expect(await readAndTell()).toEqual([0, false])
    expect((await eventsOf(store, jane)).at(-1)).toMatchObject({ name: 'read', data: { userId: jane.id } })
  })

  test('a group has at most 1,000 members, and all of them get every message, even of many at once', async () => {
    const { store } = under
    const people: Person[] = []
    for (let i = 0; i < participantsMax; i++) people.push(await addPerson(store))
    const [john, ...others] = people as [Awaited<ReturnType<typeof addPerson>>, ...Person[]]
    const late = others.pop()!
    const { id } = accepted(
      await store.write('startGroup', {
        me: john,
        title: 'All of us',
        userIds: others.map(({ userId }) => userId),
        history: 'all',
        now
      })
    )
    expect(await add(store, id, john, late)).toMatchObject({ added: true })
    expect(await add(store, id, john, late)).toMatchObject({ added: false })
    expect(await add(store, id, john, await addPerson(store))).toEqual({
      refused: 'group_full',
      max: participantsMax
    })
    await sendText(store, id, john, 'hello all')
    for (const person of [john, others[0]!, others.at(-1)!, late]) {
      expect((await eventsOf(store, person)).at(-1)).toMatchObject({ data: { content: 'hello all' } })
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

    // Other writes do not wait for all of them.
    const commits: number[] = []
    store.events.onCommitted((events) => commits.push(events.length))
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) => store.send(sendOf(john.userId, id, `number ${i}`)))
    )
    const positions = outcomes.map((outcome) => messageIn(outcome).position)
    expect(positions).toEqual(Array.from({ length: 60 }, (_, i) => Number(positions[0]) + i))
    expect(commits.length).toBeGreaterThan(2)
    expect((await boundsOf(store, late.userId)).head).toBe(62)
  })
})
