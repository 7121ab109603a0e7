import { expect, test } from 'vitest'
import { sendOf, startPair } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'

describeStorage('Findings', (under) => {
  test('a database that was used has none', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    for (let i = 0; i < 10; i++) await under.store.send(sendOf(john.userId, conversationId, `m ${i}`))
    await under.store.write('markRead', { viewerId: jane.userId, conversationId, upTo: null, now: 1 })
    await under.store.write('pruneEvents', { before: Date.now() + 1, keep: 3, limit: 100 })
    expect(await under.store.read('listFindings', {})).toEqual([])
  })
})
