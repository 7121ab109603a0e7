import { expect, test } from 'vitest'
import type { Role } from '@parley/contract/participants'
import {
  add,
  eventsOf,
  historyOf,
  changesOf,
  now,
  remove,
  rolesOf,
  sendText,
  within,
  type Person
} from '../../fixtures/group-acts.ts'
import { sendOf, startGroup } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'
import { decoded } from '../../fixtures/decoded.ts'
import { boundsOf, eventsAfter } from '../../fixtures/logs.ts'

describeStorage('Concurrent writes', (under) => {
  test('T1: a message is sent before its sender is removed, or refused', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    const sending = Array.from({ length: 60 }, (_, i) =>
      store.send(sendOf(jane.userId, conversationId, `number ${i}`))
    )
    const removing = remove(store, conversationId, john, jane)
    // Including sends that start after the removal has begun.
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

  test('T2: whatever owners and admins do to each other, a group has one owner', async () => {
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

  test('T2: a user who loses a role, or leaves, can no longer act by it', async () => {
    const { store } = under
    for (let round = 0; round < 10; round++) {
      const { john, jane, anna, paul, conversationId } = await startGroup(store, ['jane', 'anna', 'paul'])
      const to = (by: Person, whom: Person, role: Role) =>
        store.write('changeRole', { ...within(conversationId, by), userId: whom.userId, role })
      const rename = (title: string) =>
        store.write('renameConversation', { ...within(conversationId, jane), title })
      await to(john, jane, 'admin')
      const outcomes = await Promise.all([
        rename('before'),
        remove(store, conversationId, jane, anna),
        round % 2 ? to(john, jane, 'member') : remove(store, conversationId, john, jane),
        rename('after'),
        remove(store, conversationId, jane, paul)
      ])
      const lost = round % 2 ? 'not_allowed' : 'conversation_not_found'
      const refused = outcomes.flatMap((outcome) =>
        outcome && 'refused' in outcome ? [outcome.refused] : []
      )
      expect(new Set([...refused, lost])).toEqual(new Set([lost]))
      const changes = (await changesOf(store, conversationId, john)).map(({ change, sender }) => ({
        by: sender.id,
        whom: change.user?.id
      }))
      const end = changes.findLastIndex(({ by, whom }) => by === john.id && whom === jane.id)
      expect(changes.slice(end + 1).filter(({ by }) => by === jane.id)).toEqual([])
      expect(changes.filter(({ by }) => by === jane.id)).toHaveLength(4 - refused.length)
    }
  })

  test('T2: an owner is removed by their successor after the transfer, or not at all', async () => {
    const { store } = under
    for (let round = 0; round < 10; round++) {
      const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
      const promote = (whom: Person, role: Role) =>
        store.write('changeRole', { ...within(conversationId, john), userId: whom.userId, role })
      await promote(jane, 'admin')
      const [first, , second] = await Promise.all([
        remove(store, conversationId, jane, john),
        promote(jane, 'owner'),
        remove(store, conversationId, jane, john)
      ])
      // A removed member cannot be removed again.
      const codes = [first, second].map((outcome) => outcome?.refused ?? 'removed').toSorted()
      expect([
        ['not_allowed', 'not_allowed'],
        ['not_allowed', 'removed'],
        ['participant_not_found', 'removed']
      ]).toContainEqual(codes)
      const isGone = codes.includes('removed')
      const roles = await rolesOf(store, conversationId, jane)
      expect(roles).toEqual({ ...(!isGone && { john: 'admin' }), jane: 'owner', anna: 'member' })

      // All possible heirs leave with the owner; the last member becomes the owner.
      await Promise.all([jane, john].map((person) => remove(store, conversationId, person, person)))
      expect(await rolesOf(store, conversationId, anna)).toEqual({ anna: 'owner' })
    }
    expect(await store.read('listFindings', {})).toEqual([])
  })

  test('T3: no removed member gets events of the group, whatever is marked as read meanwhile', async () => {
    const { store } = under
    const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
    let published: { seq: number; name: string }[] = []
    store.events.onCommitted((events) => {
      for (const { name, to } of events) {
        published.push(...to.filter(({ userId }) => userId === jane.userId).map(({ seq }) => ({ seq, name })))
      }
    })
    for (let round = 0; round < 10; round++) {
      const at = await sendText(store, conversationId, anna, 'read this')
      published = []
      await Promise.all([
        store.write('markRead', { ...within(conversationId, john), upTo: at }),
        remove(store, conversationId, john, jane),
        store.write('markRead', { ...within(conversationId, anna), upTo: at }),
        sendText(store, conversationId, john, 'meanwhile')
      ])
      expect(published.toSorted((a, b) => a.seq - b.seq).at(-1)?.name).toBe('participant_removed')
      await add(store, conversationId, john, jane)
    }
  })

  test('T4: of edits of one version one succeeds, and the others are refused with the current version', async () => {
    const { store } = under
    const { john, conversationId } = await startGroup(store, ['jane'])
    const messageId = await sendText(store, conversationId, john, 'one')
    for (let version = 1; version <= 5; version++) {
      const edits = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          store.write('editMessage', {
            ...within(conversationId, john),
            messageId,
            content: `version ${version + 1}, ${i}`,
            mentions: [],
            version
          })
        )
      )
      const taken = edits.filter((edit) => 'id' in edit)
      expect(taken).toHaveLength(1)
      const refused = edits.filter((edit) => 'refused' in edit)
      expect(new Set(refused.map((edit) => edit.refused))).toEqual(new Set(['version_conflict']))
      for (const refusal of refused) expect(refusal).toMatchObject({ current: taken[0] })
    }
  })

  test('T5: an edit comes before a deletion, or is refused', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startGroup(store, ['jane'])
    for (let round = 0; round < 10; round++) {
      const target = { conversationId, messageId: await sendText(store, conversationId, jane, 'one'), now }
      const edit = (content: string) =>
        store.write('editMessage', { viewerId: jane.userId, ...target, content, mentions: [], version: null })
      const edits = await Promise.all([
        edit('two'),
        store.write('deleteMessage', { viewerId: john.userId, ...target }),
        edit('three'),
        store.write('deleteMessage', { viewerId: jane.userId, ...target }),
        edit('four')
      ])
      const taken = edits.filter((edit) => edit && 'id' in edit)
      for (const edit of edits) {
        if (edit && 'refused' in edit) expect(edit.refused).toBe('message_deleted')
      }
      const page = await historyOf(store, conversationId, john)
      expect('messages' in page && page.messages[0]).toMatchObject({
        content: '',
        version: taken.length + 2,
        deletedAt: expect.any(String)
      })
      const versions = await store.read('listVersions', { viewerId: john.userId, ...target, limit: 100 })
      expect(versions).toHaveLength(taken.length + 1)
    }
    expect(await store.read('listFindings', {})).toEqual([])
  })

  test('T5, T6: a reaction comes before a deletion and is removed by it, or is refused', async () => {
    const { store } = under
    const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
    for (let round = 0; round < 10; round++) {
      const messageId = await sendText(store, conversationId, jane, 'vote')
      const { head } = await boundsOf(store, anna.userId)
      const react = (who: Person, emoji: string) =>
        store.write('addReaction', { ...within(conversationId, who), messageId, emoji })
      const [, , removal, ...late] = await Promise.all([
        react(john, '👍'),
        react(anna, '👍'),
        store.write('deleteMessage', { ...within(conversationId, jane), messageId }),
        react(jane, '🎉'),
        react(anna, '🎉')
      ])
      expect(removal).toBeNull()
      for (const outcome of late) expect(outcome?.refused ?? 'message_deleted').toBe('message_deleted')
      const page = await historyOf(store, conversationId, anna)
      const tombstone = 'messages' in page ? page.messages[0]! : null
      expect(tombstone).toMatchObject({ content: '', deletedAt: expect.any(String) })
      expect(tombstone).not.toHaveProperty('reactions')
      const events = await eventsAfter(store, anna.userId, head, 100)
      expect(events.at(-1)?.name).toBe('message_deleted')
      expect(await react(anna, '👍')).toEqual({ refused: 'message_deleted' })
    }
  })

  test('T6: concurrent reactions of many users are all stored, and every member gets an event for each', async () => {
    const { store } = under
    const names = Array.from({ length: 30 }, (_, i) => `person${i}`)
    const { john, conversationId, ...people } = await startGroup(store, names)
    const messageId = await sendText(store, conversationId, john, 'vote')
    const voters = [john, ...Object.values(people)] as (typeof john)[]
    const { head } = await boundsOf(store, john.userId)
    const vote = (voter: typeof john, emoji: string) => ({
      ...within(conversationId, voter),
      messageId,
      emoji
    })
    await Promise.all(
      voters.flatMap((voter) => ['👍', '🎉'].map((emoji) => store.write('addReaction', vote(voter, emoji))))
    )
    await Promise.all(voters.map((voter) => store.write('removeReaction', vote(voter, '🎉'))))
    const page = await historyOf(store, conversationId, john)
    const { reactions } = 'messages' in page ? page.messages[0]! : {}
    expect(reactions).toHaveLength(1)
    expect(new Set(reactions![0]!.userIds)).toEqual(new Set(voters.map(({ id }) => id)))
    const events = await eventsAfter(store, john.userId, head, 1_000)
    const added = events
      .map(decoded)
      .flatMap(({ name, data }) => (name === 'reaction_added' && data.emoji === '👍' ? [data.userId] : []))
    expect(added).toEqual(reactions![0]!.userIds)
    expect(events).toHaveLength(3 * voters.length)
  })
})
