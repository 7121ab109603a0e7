import { expect, test } from 'vitest'
import { addPerson, sendOf, startPair } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'
import { messageIn } from '../../fixtures/decoded.ts'
import { boundsOf } from '../../fixtures/logs.ts'

describeStorage('Conversations', (under) => {
  test('O3: two users who start a conversation at once get the same one, and one event each', async () => {
    const john = await addPerson(under.store, 'john')
    const jane = await addPerson(under.store, 'jane')
    const started = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        under.store.write('startDirectConversation', {
          me: i % 2 ? john : jane,
          other: i % 2 ? jane : john,
          now: Date.now()
        })
      )
    )
    expect(new Set(started.map((each) => each.id)).size).toBe(1)
    expect(started.filter((each) => each.created)).toHaveLength(1)
    expect((await boundsOf(under.store, john.userId)).head).toBe(1)
    expect((await boundsOf(under.store, jane.userId)).head).toBe(1)
  })

  test('are listed by newest message, page by page, and only if they have one', async () => {
    const john = await addPerson(under.store, 'john')
    const ids: string[] = []
    for (let i = 0; i < 7; i++) {
      const other = await addPerson(under.store)
      const { id } = await under.store.write('startDirectConversation', { me: john, other, now: Date.now() })
      if (i === 6) break
      await under.store.send(sendOf(john.userId, id, `m ${i}`))
      ids.unshift(String(id))
    }
    const page = async (before: number | null) =>
      (await under.store.read('listConversations', { viewerId: john.userId, before, limit: 4 }))!.map(
        (conversation) => conversation.id
      )
    const first = await page(null)
    expect(first).toEqual(ids.slice(0, 4))
    expect(await page(Number(first.at(-1)))).toEqual(ids.slice(4))
    expect(await page(Number(ids.at(-1)))).toEqual([])
  })

  test("a page of messages contains its reader's position, even if it is empty", async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    const elsewhere = await startPair(under.store)
    const page = (conversation: number, before: number | null) =>
      under.store.read('listMessages', {
        viewerId: jane.userId,
        conversationId: conversation,
        before,
        limit: 2
      })
    expect(await page(conversationId, null)).toEqual({ messages: [], readUpTo: 0 })
    const ids: number[] = []
    for (const content of ['one', 'two', 'three']) {
      const sent = await under.store.send(sendOf(john.userId, conversationId, content))
      ids.push(Number(messageIn(sent).id))
    }
    await under.store.write('markRead', { viewerId: jane.userId, conversationId, upTo: ids[1]!, now: 0 })
    expect(await page(conversationId, null)).toMatchObject({
      messages: [{ content: 'three' }, { content: 'two' }],
      readUpTo: 2
    })
    expect(await page(conversationId, ids[1]!)).toMatchObject({ messages: [{ content: 'one' }], readUpTo: 2 })
    expect(await page(conversationId, ids[0]!)).toEqual({ messages: [], readUpTo: 2 })

    const other = await under.store.send(sendOf(elsewhere.john.userId, elsewhere.conversationId, 'elsewhere'))
    const foreign = Number(messageIn(other).id)
    expect(await page(conversationId, foreign)).toEqual({ refused: 'message_not_found' })
    expect(await page(elsewhere.conversationId, foreign)).toEqual({ refused: 'conversation_not_found' })
  })

  test('another user’s conversation is not found', async () => {
    const { conversationId } = await startPair(under.store)
    const { userId: viewerId } = await addPerson(under.store)
    expect(await under.store.read('getConversation', { viewerId, id: conversationId })).toBeNull()
    expect(
      await under.store.read('listConversations', { viewerId, before: conversationId, limit: 25 })
    ).toBeNull()
    expect(
      await under.store.read('listMessages', { viewerId, conversationId, before: null, limit: 25 })
    ).toEqual({ refused: 'conversation_not_found' })
    expect(await under.store.write('markRead', { viewerId, conversationId, upTo: null, now: 0 })).toEqual({
      refused: 'conversation_not_found'
    })
  })
})
