import { expect, test } from 'vitest'
import { addPerson } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'

describeStorage('People', (under) => {
  test('are found by prefix, in the order of code points, whatever the database’s locale', async () => {
    const names = ['ann-b', 'ann.c', 'ann_a', 'annz', 'anné', 'ann\u{10400}']
    for (const key of names.toReversed()) {
      await under.store.write('addUser', { username: key, key, avatarURL: null, githubId: null, now: 0 })
    }
    const { userId: viewerId } = await addPerson(under.store)
    const search = (prefix: string, limit = 25) =>
      under.store.read('searchUsernames', { viewerId, prefix, limit })
    expect(await search('ann')).toEqual(names)
    expect(await search('ann', 2)).toEqual(names.slice(0, 2))
    expect(await search('ann_')).toEqual(['ann_a'])
    expect(await search('ann%')).toEqual([])
  })

  test('two users who take one name, or one GitHub account, at once: only one gets it', async () => {
    const user = { username: 'zoë', key: 'zoë', avatarURL: null, githubId: null, now: 0 }
    const taken = await Promise.all(Array.from({ length: 10 }, () => under.store.write('addUser', user)))
    expect(taken.filter(Boolean)).toHaveLength(1)
    const account = (i: number) => ({ ...user, username: `zoë-${i}`, key: `zoë-${i}`, githubId: '7' })
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, i) => under.store.write('addUser', account(i)))
    )
    expect(made.filter(Boolean)).toHaveLength(1)
  })
})
