import { expect, test } from 'vitest'
import type { CommittedEvent } from '../../../server/platform/storage/event-log.ts'
import { sendOf, sessionOf, startPair } from '../../fixtures/people.ts'
import { describeStorage } from './engines.ts'
import { messageIn } from '../../fixtures/decoded.ts'
import { boundsOf, eventsAfter } from '../../fixtures/logs.ts'

describeStorage('The event log', (under) => {
  test('O2: numbers each user’s events from 1 without a gap, whatever else is written', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    await Promise.all([
      ...Array.from({ length: 30 }, (_, i) =>
        under.store.send(sendOf(i % 2 ? john.userId : jane.userId, conversationId, `m ${i}`))
      ),
      under.store.write('markRead', { viewerId: jane.userId, conversationId, upTo: null, now: Date.now() }),
      under.store.write('addSession', sessionOf(jane.userId, `h${conversationId}`))
    ])
    for (const { userId } of [john, jane]) {
      const events = await eventsAfter(under.store, userId, 0, 1_000)
      expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
      expect((await boundsOf(under.store, userId)).head).toBe(events.length)
      expect(events[0]!.name).toBe('conversation_created')
    }
  })

  test('D6: a failing listener fails no write, no send and no other listener', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    const published: CommittedEvent[] = []
    let fails = true
    under.store.events.onCommitted(() => {
      if (fails) throw new Error('a bug in a commit listener')
    })
    under.store.events.onCommitted((events) => void published.push(...events))
    const sent = messageIn(await under.store.send(sendOf(john.userId, conversationId, 'hello')))
    const input = { viewerId: jane.userId, conversationId, upTo: Number(sent.id), now: Date.now() }
    expect(await under.store.write('markRead', input)).toBeNull()
    fails = false
    // Reports may come after the answers; this answer comes after both reports.
    await under.store.write('markRead', { ...input, viewerId: john.userId })
    await expect.poll(() => published.map(({ name }) => name)).toEqual(['message_sent', 'message', 'read'])
  })

  test('what is published at the commit equals what is read back from disk, byte for byte', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    const published: CommittedEvent[] = []
    under.store.events.onCommitted((events) => published.push(...events))
    const from = new Map<number, number>()
    for (const { userId } of [john, jane]) from.set(userId, (await boundsOf(under.store, userId)).head)
    await under.store.send(sendOf(john.userId, conversationId, '"hello" é', 'published-key'))
    await under.store.send(sendOf(john.userId, conversationId, '@jane', undefined, { mentions: [jane.id] }))
    await under.store.write('markRead', {
      viewerId: jane.userId,
      conversationId,
      upTo: null,
      now: Date.now()
    })
    for (const [userId, head] of from) {
      const read = await eventsAfter(under.store, userId, head, 100)
      const live = published.flatMap(({ to, ...event }) =>
        to.filter((place) => place.userId === userId).map(({ seq }) => ({ ...event, seq }))
      )
      expect(read).toEqual(live)
    }
  })

  test('a read mark without effect creates no event, and a read mark never goes back', async () => {
    const { john, jane, conversationId } = await startPair(under.store)
    const first = await under.store.send(sendOf(john.userId, conversationId, 'one'))
    await under.store.send(sendOf(john.userId, conversationId, 'two'))
    const mark = (upTo: number | null) =>
      under.store.write('markRead', { viewerId: jane.userId, conversationId, upTo, now: Date.now() })
    await mark(null)
    const { head } = await boundsOf(under.store, jane.userId)
    await mark(null)
    await mark(Number(messageIn(first).id))
    expect((await boundsOf(under.store, jane.userId)).head).toBe(head)
    expect(
      await under.store.read('getConversation', { viewerId: jane.userId, id: conversationId })
    ).toMatchObject({
      readUpTo: 2
    })
  })

  test('S2: survives closing and reopening the store, with its epoch', async () => {
    const { john, conversationId } = await startPair(under.store)
    await under.store.send(sendOf(john.userId, conversationId, 'kept'))
    const { epoch } = under.store
    const before = await eventsAfter(under.store, john.userId, 0, 100)
    await under.reopen()
    expect(under.store.epoch).toBe(epoch)
    expect(await eventsAfter(under.store, john.userId, 0, 100)).toEqual(before)
  })

  test('prunes only events that are both old and beyond the newest ones kept, and raises its floor', async () => {
    const { john, conversationId } = await startPair(under.store)
    for (let i = 0; i < 20; i++) await under.store.send(sendOf(john.userId, conversationId, `m ${i}`))
    const { head } = await boundsOf(under.store, john.userId)
    const prune = (before: number) => under.store.write('pruneEvents', { before, keep: 5, limit: 7 })
    expect(await prune(0)).toBe(0)
    while ((await prune(Date.now() + 1)) > 0);
    expect(await boundsOf(under.store, john.userId)).toEqual({ head, floor: head - 5 })
    const left = await eventsAfter(under.store, john.userId, 0, 100)
    expect(left.map((event) => event.seq)).toEqual([head - 4, head - 3, head - 2, head - 1, head])
  })

  test('S1: a read for many users returns each one’s later events, and an empty list returns none', async () => {
    const pairs = await Promise.all(Array.from({ length: 5 }, () => startPair(under.store)))
    for (const [index, { john, conversationId }] of pairs.entries()) {
      for (let i = 0; i < index; i++) await under.store.send(sendOf(john.userId, conversationId, `m ${i}`))
    }
    const people = pairs.flatMap(({ john, jane }) => [jane.userId, john.userId])
    const places = [0, 1, 2].flatMap((after) => people.map((userId) => ({ userId, after })))
    const { events } = under.store
    const read = await events.eventsAfter([...places, { userId: 0, after: 0 }], 2)
    const alone = await Promise.all(
      places.map(({ userId, after }) => eventsAfter(under.store, userId, after, 2))
    )
    expect(read).toEqual([...alone, []])
    expect(alone.map((each) => each.map(({ seq }) => seq))).toEqual(
      places.map(({ userId, after }) => {
        const head = 1 + Math.floor(people.indexOf(userId) / 2)
        return [after + 1, after + 2].filter((seq) => seq <= head)
      })
    )
    expect(await events.bounds([...people, 0])).toEqual([
      ...people.map((_, index) => ({ head: 1 + Math.floor(index / 2), floor: 0 })),
      { head: 0, floor: 0 }
    ])
  })

  test('S1: 10,000 missed events are read in order, page by page', async () => {
    const { john, conversationId } = await startPair(under.store)
    await Promise.all(
      Array.from({ length: 10_000 }, (_, i) =>
        under.store.send(sendOf(john.userId, conversationId, `m ${i}`))
      )
    )
    let seq = 0
    for (;;) {
      const page = await eventsAfter(under.store, john.userId, seq, 500)
      if (page.length === 0) break
      expect(page.map((event) => event.seq)).toEqual(page.map((_, i) => seq + 1 + i))
      seq += page.length
    }
    expect(seq).toBe((await boundsOf(under.store, john.userId)).head)
  })
})
