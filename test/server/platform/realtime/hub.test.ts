// Over 300 lines: the rules of one stream, on one hub and one store that are opened once for all of them.
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { HubOptions } from '../../../../server/platform/realtime/hub.ts'
import { MemoryExchange } from '../../../../server/platform/realtime/memory-bus.ts'
import type { EventLog } from '../../../../server/platform/storage/event-log.ts'
import { sendOf, startGroup, startPair } from '../../../fixtures/people.ts'
import { changeBeside } from '../../../harness/engine.ts'
import { openHub, openHubOn } from './socket-pair.ts'
import { messageIn } from '../../../fixtures/decoded.ts'
import { boundsOf } from '../../../fixtures/logs.ts'

let world: Awaited<ReturnType<typeof openHub>>
beforeAll(async () => {
  world = await openHub()
})
afterAll(() => world.close())

/** Opens another hub on the same store, with its own options. */
const openAnother = (options: Partial<HubOptions> = {}, log: EventLog = world.store.events) =>
  openHubOn(log, new MemoryExchange().connect(), options)
/** For tests that wait for `sync`. */
const oftenInSync = { syncIntervalMs: 50, tickMs: 50 }

/** Returns a predicate: the stream has sent every event up to the head. */
const complete = (head: number) => (events: { event?: string | undefined; data: string }[]) =>
  events.some((event) => event.event === 'sync' && JSON.parse(event.data).head === head)

describe('A stream', () => {
  test('without a cursor sends a block with only an id first, then sync', async () => {
    const { john } = await startPair(world.store)
    const stream = await world.open(john.userId)
    await stream.event('sync')
    expect(stream.raw).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(stream.raw).toMatch(/\r\nContent-Type: text\/event-stream\r\n/)
    expect(stream.raw).not.toMatch(/transfer-encoding/i)
    expect(stream.raw.split('\r\n\r\n')[1]).toBe(
      `id: ${world.store.epoch}-1\n\nevent: sync\ndata: {"head":1}\n\n`
    )
    stream.socket.destroy()
  })

  test("sends others' messages unnamed, and the user's own as message_sent", async () => {
    const { john, jane, conversationId } = await startPair(world.store)
    const hers = await world.open(jane.userId)
    const his = await world.open(john.userId)
    await Promise.all([hers.event('sync'), his.event('sync')])
    await world.store.send(sendOf(john.userId, conversationId, 'hello', 'client-id'))
    const sent = await his.event('message_sent')
    await hers.until((events) => events.some((event) => event.event === undefined))
    const received = hers.events.find((event) => event.event === undefined)!
    expect(JSON.parse(sent.data)).toMatchObject({ content: 'hello', mine: true, clientId: 'client-id' })
    expect(JSON.parse(received.data)).toMatchObject({
      content: 'hello',
      mine: false,
      sender: { id: john.id }
    })
    expect(received.data).not.toContain('client-id')
    expect(received.id).toBe(`${world.store.epoch}-2`)
    for (const stream of [hers, his]) stream.socket.destroy()
  })

  test('S1: resumes after any cursor with exactly the later events', async () => {
    const { john, jane, conversationId } = await startPair(world.store)
    for (let i = 0; i < 10; i++) await world.store.send(sendOf(john.userId, conversationId, `m ${i}`))
    for (let seq = 0; seq <= 11; seq++) {
      const stream = await world.open(jane.userId, `${world.store.epoch}-${seq}`)
      await stream.until(complete(11))
      expect(stream.seqs).toEqual(Array.from({ length: 11 - seq }, (_, i) => seq + 1 + i))
      stream.socket.destroy()
    }
  })

  test.each([
    ['of another epoch', () => 'another-1', 'epoch'],
    ['above the head', () => `${world.store.epoch}-99`, 'ahead']
  ])(
    'S3: with a cursor %s sends reset with the head, and continues live from there',
    async (_, cursor, reason) => {
      const { john, jane, conversationId } = await startPair(world.store)
      const stream = await world.open(jane.userId, cursor())
      const reset = await stream.event('reset')
      expect(reset).toMatchObject({ id: `${world.store.epoch}-1`, data: JSON.stringify({ reason }) })
      await world.store.send(sendOf(john.userId, conversationId, 'after the reset'))
      await stream.until((events) => events.some((event) => event.data.includes('after the reset')))
      expect(stream.seqs).toEqual([1, 2])
      stream.socket.destroy()
    }
  )

  test('S3: below the floor sends reset; at the floor it replays', async () => {
    const { john, conversationId } = await startPair(world.store)
    for (let i = 0; i < 10; i++) await world.store.send(sendOf(john.userId, conversationId, `m ${i}`))
    await world.store.write('pruneEvents', { before: Date.now() + 1, keep: 4, limit: 100 })
    const { head, floor } = await boundsOf(world.store, john.userId)
    expect(floor).toBe(head - 4)
    const below = await world.open(john.userId, `${world.store.epoch}-${floor - 1}`)
    expect((await below.event('reset')).data).toBe('{"reason":"pruned"}')
    const at = await world.open(john.userId, `${world.store.epoch}-${floor}`)
    await at.until(complete(head))
    expect(at.seqs).toEqual([head - 3, head - 2, head - 1, head])
    for (const stream of [below, at]) stream.socket.destroy()
  })

  test('S4: of a former member keeps the seqs of events that they may no longer see, as gone', async () => {
    const { john, jane, conversationId } = await startPair(world.store)
    await world.store.send(sendOf(john.userId, conversationId, 'secret'))
    await changeBeside(world.database, `DELETE FROM participants WHERE user_id = ${jane.userId}`)
    const stream = await world.open(jane.userId, `${world.store.epoch}-0`)
    await stream.until(complete(2))
    expect(stream.events.find((event) => event.id?.endsWith('-2'))).toMatchObject({
      event: 'gone',
      data: '{}'
    })
    expect(stream.raw).not.toContain('secret')
    stream.socket.destroy()
  })

  test('M2: of a removed member sends nothing of what is queued here, on any of their streams', async () => {
    const { john, jane, conversationId } = await startGroup(world.store, ['jane'])
    // While she has a stream, her log's frames are kept for further streams.
    const first = await world.open(jane.userId)
    await first.event('sync')
    await world.store.send(sendOf(john.userId, conversationId, 'secret'))
    await first.until((events) => events.some((event) => event.data.includes('secret')))
    await world.store.write('removeParticipant', {
      viewerId: john.userId,
      conversationId,
      userId: jane.userId,
      now: 0
    })
    await first.event('participant_removed')
    const second = await world.open(jane.userId, `${world.store.epoch}-1`)
    await second.until(complete(3))
    expect(second.events.map(({ event }) => event)).toEqual(['gone', 'participant_removed', 'sync'])
    expect(second.raw).not.toContain('secret')
    for (const stream of [first, second]) stream.socket.destroy()
  })

  test('M6: sends nothing of a message that was deleted while queued here', async () => {
    const { john, jane, conversationId } = await startPair(world.store)
    const first = await world.open(jane.userId)
    await first.event('sync')
    const sent = await world.store.send(sendOf(john.userId, conversationId, 'secret'))
    const messageId = Number(messageIn(sent).id)
    await world.store.write('deleteMessage', { viewerId: john.userId, conversationId, messageId, now: 0 })
    await first.event('message_deleted')
    const second = await world.open(jane.userId, `${world.store.epoch}-1`)
    await second.event('message_deleted')
    expect(second.raw).not.toContain('secret')
    for (const stream of [first, second]) stream.socket.destroy()
  })

  test('S7: when idle, repeats sync with the head', async () => {
    const own = await openAnother(oftenInSync)
    const { john } = await startPair(world.store)
    const stream = await own.open(john.userId)
    await stream.until((events) => events.filter((event) => event.event === 'sync').length >= 2)
    own.close()
  })

  test('S7: when idle, repeats sync even if the clock was set back a day, and lives on when it is set forward', async () => {
    const own = await openAnother(oftenInSync)
    const { john } = await startPair(world.store)
    const stream = await own.open(john.userId)
    await stream.event('sync')
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      for (const days of [-1, 0.9]) {
        // The session of `open` ends after an hour by the clock, which is irrelevant to this test.
        vi.setSystemTime(Date.now() + days * 86_400_000)
        const before = stream.events.length
        // The first may have been in flight already.
        await stream.until(
          (events) => events.slice(before).filter((event) => event.event === 'sync').length >= 2
        )
      }
    } finally {
      vi.useRealTimers()
    }
    own.close()
  })

  test('S7: never reports a head below what it has sent, even if the log advanced while it was read', async () => {
    const log = { ...world.store.events, bounds: () => Promise.resolve([{ head: 1, floor: 0 }]) }
    const own = await openAnother({}, log)
    const { john, conversationId } = await startPair(world.store)
    for (let i = 0; i < 3; i++) await world.store.send(sendOf(john.userId, conversationId, `m ${i}`))
    const stream = await own.open(john.userId, `${world.store.epoch}-0`)
    const sync = await stream.event('sync')
    expect([stream.seqs, sync.data]).toEqual([[1, 2, 3, 4], '{"head":4}'])
    own.close()
  })

  test('S5: ends within a second of its session, and no other stream does', async () => {
    const own = await openAnother(oftenInSync)
    const { john } = await startPair(world.store)
    const ended = await own.open(john.userId, null, 7)
    const other = await own.open(john.userId, null, 8)
    await Promise.all([ended.event('sync'), other.event('sync')])
    own.hub.limitSession({ userId: john.userId, sessionId: 7, expiresAt: 0 })
    await ended.closed
    expect(ended.raw).toMatch(/\nretry: \d+\n\n$/)
    await other.until((events) => events.filter((event) => event.event === 'sync').length >= 2)
    own.close()
  })

  test('S5: ends at the earliest end announced for its session, in any order of announcements', async () => {
    const own = await openAnother(oftenInSync)
    const { john } = await startPair(world.store)
    const stream = await own.open(john.userId, null, 7)
    await stream.event('sync')
    for (const ms of [200, 60_000]) {
      own.hub.limitSession({ userId: john.userId, sessionId: 7, expiresAt: Date.now() + ms })
    }
    await stream.closed
    own.close()
  })

  test("S11: above a user's maximum is refused, with a retry delay", async () => {
    const own = await openAnother({ streamsPerUser: 1 })
    const { john } = await startPair(world.store)
    const first = await own.open(john.userId)
    await first.event('sync')
    const second = await own.open(john.userId)
    expect((await second.event('refused')).data).toBe('{"code":"too_many_streams"}')
    await second.closed
    expect(second.raw).toMatch(/\nretry: \d+\n\n$/)
    expect(own.hub.size).toBe(1)
    own.close()
  })

  test('S8: with a stopped reader keeps little in memory, is closed, resumes, and delays no other stream', async () => {
    const own = await openAnother({ stallMs: 300 })
    const { john, jane, conversationId } = await startPair(world.store)
    const stopped = await own.open(jane.userId)
    const reading = await own.open(jane.userId)
    await Promise.all([stopped.event('sync'), reading.event('sync')])
    stopped.socket.pause()
    let mostWaiting = 0
    const content = 'x'.repeat(3_000)
    // More than the system's socket buffers hold.
    for (let sent = 0; sent < 6_000; sent += 200) {
      await Promise.all(
        Array.from({ length: 200 }, () => world.store.send(sendOf(john.userId, conversationId, content)))
      )
      mostWaiting = Math.max(mostWaiting, stopped.served!.writableLength)
    }
    const { head } = await boundsOf(world.store, jane.userId)
    await reading.until(() => reading.seqs.at(-1) === head)
    expect(reading.seqs).toEqual(Array.from({ length: head - 1 }, (_, i) => i + 2))
    // At most one pull: a page of the log.
    expect(mostWaiting).toBeLessThan(1_000_000)
    await new Promise<void>((resolve) =>
      own.hub.size === 1 ? resolve() : stopped.served!.once('close', resolve)
    )
    expect(own.hub.size).toBe(1)
    expect(own.hub.counts.slowCloses).toBe(1)

    stopped.socket.resume()
    await stopped.closed
    const again = await own.open(jane.userId, `${world.store.epoch}-${stopped.seqs.at(-1)}`)
    await again.until(() => again.seqs.at(-1) === head)
    expect([...stopped.seqs, ...again.seqs]).toEqual(Array.from({ length: head - 1 }, (_, i) => i + 2))
    own.close()
  }, 30_000)

  test('S8: with a reader that stops at the very last page is closed as well, without anything left to send', async () => {
    const own = await openAnother({ stallMs: 300 })
    const { john, jane, conversationId } = await startPair(world.store)
    const stopped = await own.open(jane.userId)
    await stopped.event('sync')
    stopped.socket.pause()
    const content = 'x'.repeat(3_000)
    while (stopped.served!.writableLength === 0)
      await world.store.send(sendOf(john.userId, conversationId, content))
    if (!stopped.served!.destroyed) await new Promise((resolve) => stopped.served!.once('close', resolve))
    expect(own.hub.size).toBe(0)
    own.close()
  }, 30_000)

  test('S10: is ended by a drain, and a later one is refused', async () => {
    const own = await openAnother()
    const { john } = await startPair(world.store)
    const stream = await own.open(john.userId)
    await stream.event('sync')
    await own.hub.drain(50)
    await stream.closed
    const late = await own.open(john.userId)
    expect((await late.event('refused')).data).toBe('{"code":"draining"}')
    expect(own.hub.counts).toMatchObject({ opened: 1, refused: 1, slowCloses: 0 })
    own.close()
  })
})

test("S10: is ended by a drain one after the other, over the drain's window", async () => {
  const own = await openAnother({ streamsPerUser: 200 })
  const { john } = await startPair(world.store)
  const streams = await Promise.all(Array.from({ length: 200 }, () => own.open(john.userId)))
  await Promise.all(streams.map((stream) => stream.event('sync')))
  const endedAtMs: number[] = []
  for (const stream of streams) void stream.closed.then(() => endedAtMs.push(performance.now()))
  await own.hub.drain(1_000)
  await Promise.all(streams.map((stream) => stream.closed))
  expect(endedAtMs[150]! - endedAtMs[50]!).toBeGreaterThan(200)
  own.close()
})

test('S1: connecting, being cut and resuming while others publish delivers every event once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ send: fc.integer({ min: 0, max: 6 }), cut: fc.boolean(), together: fc.boolean() }),
        {
          minLength: 1,
          maxLength: 8
        }
      ),
      async (steps) => {
        const { john, jane, conversationId } = await startPair(world.store)
        const seen: number[] = []
        let cursor = `${world.store.epoch}-0`
        let stream = await world.open(jane.userId, cursor)
        const sends: Promise<unknown>[] = []
        for (const step of steps) {
          const now = Array.from({ length: step.send }, (_, i) =>
            world.store.send(sendOf(john.userId, conversationId, `m ${i}`))
          )
          sends.push(...now)
          if (!step.together) await Promise.all(now)
          if (!step.cut) continue
          stream.socket.destroy()
          await stream.closed
          seen.push(...stream.seqs)
          if (seen.length > 0) cursor = `${world.store.epoch}-${seen.at(-1)}`
          stream = await world.open(jane.userId, cursor)
        }
        await Promise.all(sends)
        const { head } = await boundsOf(world.store, jane.userId)
        await stream.until(() => (stream.seqs.at(-1) ?? seen.at(-1) ?? 0) === head)
        stream.socket.destroy()
        seen.push(...stream.seqs)
        expect(seen).toEqual(Array.from({ length: head }, (_, i) => i + 1))
      }
    ),
    { numRuns: 200 }
  )
}, 60_000)
