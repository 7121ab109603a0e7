import { expect, test } from 'vitest'
import { addPerson, sendOf, sessionOf, startPair } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'
import { answerOf, messageIn } from '../../fixtures/decoded.ts'
import { boundsOf } from '../../fixtures/logs.ts'

describeStorage('Sends', (under) => {
  test('O1: positions are 1, 2, 3 … in each conversation, even for concurrent sends', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    const other = await startPair(under.store)
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        i % 3 === 0
          ? under.store.send(sendOf(other.john.userId, other.conversationId, `other ${i}`))
          : under.store.send(sendOf(i % 3 === 1 ? john.userId : jane.userId, conversationId, `m ${i}`))
      )
    )
    const messages = outcomes.map(messageIn)
    const of = (id: number) =>
      messages
        .filter((message) => message.conversationId === String(id))
        .map((message) => message.position)
        .toSorted((a, b) => a - b)
    expect(of(conversationId)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    expect(of(other.conversationId)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  test('E1: a key sent a hundred times at once is one message with one id', async () => {
    const { john, conversationId } = await startPair(under.store)
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () =>
        under.store.send(sendOf(john.userId, conversationId, 'once', 'same-key'))
      )
    )
    const ids = new Set(outcomes.map((outcome) => messageIn(outcome).id))
    expect(ids.size).toBe(1)
    const page = await under.store.read('listMessages', {
      viewerId: john.userId,
      conversationId,
      before: null,
      limit: 25
    })
    expect(page).toMatchObject({ messages: [{ content: 'once' }] })
  })

  test('E1: a key gets its first answer after the store was closed and reopened', async () => {
    const { john, conversationId } = await startPair(under.store)
    const first = await under.store.send(sendOf(john.userId, conversationId, 'before', 'restart-key'))
    await under.reopen()
    expect(await under.store.send(sendOf(john.userId, conversationId, 'before', 'restart-key'))).toEqual(
      first
    )
  })

  test("E2: a key with another payload is refused; another sender's same key is independent", async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    const first = await under.store.send(sendOf(john.userId, conversationId, 'one', 'shared-key'))
    expect(await under.store.send(sendOf(john.userId, conversationId, 'two', 'shared-key'))).toEqual({
      refused: 'idempotency_mismatch'
    })
    const hers = await under.store.send(sendOf(jane.userId, conversationId, 'two', 'shared-key'))
    expect(messageIn(hers).position).toBe(2)
    expect(messageIn(first).position).toBe(1)
  })

  test('E3: a refused send affects no other send in its batch and takes no position', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    const stranger = await addPerson(under.store)
    const outcomes = await Promise.all([
      under.store.send(sendOf(john.userId, conversationId, 'a')),
      under.store.send(sendOf(stranger.userId, conversationId, 'intruding')),
      under.store.send(sendOf(john.userId, 999_999, 'nowhere')),
      under.store.send(sendOf(jane.userId, conversationId, 'b'))
    ])
    expect(outcomes.map(answerOf)).toMatchObject([
      { message: { position: 1 } },
      { refused: 'conversation_not_found' },
      { refused: 'conversation_not_found' },
      { message: { position: 2 } }
    ])
    expect((await boundsOf(under.store, stranger.userId)).head).toBe(0)
  })

  test('E3: a failed write affects none of the writes beside it, and none is executed twice', async () => {
    const { john, conversationId } = await startPair(under.store)
    const addSession = (userId: number, tokenHash: string) =>
      under.store.write('addSession', sessionOf(userId, tokenHash))
    const outcomes = await Promise.allSettled([
      addSession(john.userId, `before ${conversationId}`),
      under.store.send(sendOf(john.userId, conversationId, 'hello')),
      addSession(999_999, `of no user ${conversationId}`),
      addSession(john.userId, `after ${conversationId}`)
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ value: { message: expect.stringContaining('"position":1,') } })
    for (const [tokenHash, userId] of Object.entries({ before: john.userId, after: john.userId })) {
      const session = { tokenHash: `${tokenHash} ${conversationId}`, now: 0 }
      expect(await under.store.read('findSession', session)).toMatchObject({ userId })
    }
    expect(await boundsOf(under.store, john.userId)).toMatchObject({ head: 2 })
  })

  test('sending marks the conversation as read for its sender and unread for the other member', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    await under.store.send(sendOf(john.userId, conversationId, 'hi'))
    const of = async (viewerId: number) =>
      (await under.store.snapshot('getConversation', { viewerId, id: conversationId })).data
    expect(await of(john.userId)).toMatchObject({ hasUnreadMessages: false, unreadCount: 0, readUpTo: 1 })
    expect(await of(jane.userId)).toMatchObject({ hasUnreadMessages: true, unreadCount: 1, readUpTo: 0 })
  })

  test('pending requests are counted', async () => {
    const { john, conversationId } = await startPair(under.store)
    expect(under.store.queues()).toEqual({ reads: 0, writes: 0, sends: 0 })
    const asked = Array.from({ length: 20 }, () => [
      under.store.send(sendOf(john.userId, conversationId, 'hello')),
      under.store.read('findUser', { key: john.username })
    ]).flat()
    await new Promise((resolve) => setImmediate(resolve))
    const { reads, writes, sends } = under.store.queues()
    expect(reads).toBeGreaterThan(0)
    expect(writes + sends).toBeGreaterThan(0)
    await Promise.all(asked)
    expect(under.store.queues()).toEqual({ reads: 0, writes: 0, sends: 0 })
  })

  test("only the sender sees a message's key", async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    await under.store.send(sendOf(john.userId, conversationId, 'hi', 'johns-key'))
    const list = (viewerId: number) =>
      under.store.read('listMessages', { viewerId, conversationId, before: null, limit: 25 })
    expect(await list(john.userId)).toMatchObject({ messages: [{ clientId: 'johns-key', mine: true }] })
    expect(JSON.stringify(await list(jane.userId))).not.toContain('johns-key')
  })
})
