import { expect, test } from 'vitest'
import { signalsMax } from '@parley/contract/limits'
import type { Store } from '../../../server/store.ts'
import { remove } from '../../fixtures/group-acts.ts'
import { addPerson, sendOf, startGroup, startPair } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'
import { accepted } from '../../../server/platform/storage/refusals.ts'

const audienceOf = async (store: Store, viewerId: number, conversationId: number, limit = signalsMax + 1) =>
  (await store.read('listAudience', { viewerId, conversationId, limit })).toSorted((a, b) => a - b)
const contactsOf = async (store: Store, userId: number) =>
  (await store.read('listContacts', { userIds: [userId] }))
    .map(({ contactId }) => contactId)
    .toSorted((a, b) => a - b)

describeStorage('Signals', (under) => {
  test('G1: typing reaches all current members, and only current members may send it', async () => {
    const { store } = under
    const { john, jane, anna, conversationId } = await startGroup(store, ['jane', 'anna'])
    const everyone = [john.userId, jane.userId, anna.userId]
    expect(await audienceOf(store, jane.userId, conversationId)).toEqual(everyone)
    expect(await audienceOf(store, jane.userId, conversationId, 2)).toHaveLength(2)
    await remove(store, conversationId, john, jane)
    expect(await audienceOf(store, jane.userId, conversationId)).toEqual([])
    expect(await audienceOf(store, john.userId, conversationId)).toEqual([john.userId, anna.userId])
    expect(await audienceOf(store, (await addPerson(store)).userId, conversationId)).toEqual([])
    expect(await audienceOf(store, john.userId, 0)).toEqual([])
  })

  test('G1: contacts are the users who share a conversation, each once, and only while they share it', async () => {
    const { store } = under
    const { john, jane, conversationId } = await startPair(store)
    // Without a message, they are not contacts yet.
    expect(await contactsOf(store, john.userId)).toEqual([])
    expect(await store.read('listLastSeen', { viewerId: jane.userId })).toEqual([])
    await store.send(sendOf(john.userId, conversationId, 'hello'))
    const { id } = accepted(
      await store.write('startGroup', {
        me: john,
        title: 'Friends',
        userIds: [jane.userId, (await addPerson(store)).userId],
        history: 'all',
        now: 0
      })
    )
    expect(await contactsOf(store, john.userId)).toEqual([jane.userId, jane.userId + 1])
    expect(await contactsOf(store, jane.userId + 1)).toEqual([john.userId, jane.userId])
    await remove(store, id, john, jane)
    expect(await contactsOf(store, jane.userId)).toEqual([john.userId])
    expect(await contactsOf(store, jane.userId + 1)).toEqual([john.userId])
    const both = await store.read('listContacts', { userIds: [jane.userId, jane.userId + 1] })
    expect(both).toHaveLength(2)
    expect(await store.read('listContacts', { userIds: [] })).toEqual([])
  })

  test(`G1: a group of more than ${signalsMax} creates no contacts, one of that size does`, async () => {
    const { store } = under
    const { john, conversationId } = await startGroup(store, [])
    const others = await Promise.all(Array.from({ length: signalsMax }, () => addPerson(store)))
    const add = ({ username }: { username: string }) =>
      store.write('addParticipant', {
        viewerId: john.userId,
        conversationId,
        key: username,
        role: 'member',
        now: 0
      })
    for (const other of others.slice(1)) await add(other)
    expect(await contactsOf(store, others[1]!.userId)).toHaveLength(signalsMax - 1)
    expect(await store.read('listLastSeen', { viewerId: john.userId })).toHaveLength(signalsMax - 1)
    await add(others[0]!)
    expect(await contactsOf(store, others[1]!.userId)).toEqual([])
    expect(await store.read('listLastSeen', { viewerId: john.userId })).toEqual([])
    expect(await audienceOf(store, john.userId, conversationId)).toHaveLength(signalsMax + 1)
  })

  test('G6: the last-seen time is the last one written, and persists', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    await under.store.send(sendOf(john.userId, conversationId, 'hello'))
    const seen = () => under.store.read('listLastSeen', { viewerId: john.userId })
    expect(await seen()).toEqual([{ userId: jane.userId, lastSeenAt: null }])
    await under.store.write('setLastSeen', { userIds: [jane.userId, john.userId], at: 2_000 })
    await under.store.write('setLastSeen', { userIds: [jane.userId], at: 1_000 })
    await under.reopen()
    expect(await seen()).toEqual([{ userId: jane.userId, lastSeenAt: 1_000 }])
  })
})
