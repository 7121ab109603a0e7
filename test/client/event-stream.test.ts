import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Cursor } from '@parley/contract/cursor'
import type { Signal } from '@parley/contract/events'
import { EventStream, Refusal, type EventStreamOptions } from '@parley/client'
import { fakeStreams, frame, networkDown, signedOut, sync } from './fake-server.ts'
import { manualClock, settle } from './manual-clock.ts'

const at = (seq: number, epoch = 'e'): Cursor => ({ epoch, seq })
const open: EventStream[] = []
afterEach(() => {
  for (const stream of open.splice(0)) stream.close()
})

function listen(options: Partial<EventStreamOptions> = {}) {
  const clock = manualClock()
  const server = fakeStreams()
  const seen: number[] = []
  const states: string[] = []
  const resets: string[] = []
  let signedOutCalls = 0
  const stream = new EventStream({
    open: (cursor, signal) => server.open(cursor, signal),
    cursor: at(0),
    onEvent: (_event, { seq }) => void seen.push(seq),
    onReset: async (reason) => {
      resets.push(reason)
      return at(100)
    },
    onState: (state) => void states.push(state),
    onSignedOut: () => void signedOutCalls++,
    clock,
    random: () => 0.5,
    ...options
  })
  open.push(stream)
  return { clock, server, seen, states, resets, stream, signedOutCalls: () => signedOutCalls }
}

describe('the event stream', () => {
  it('S1: delivers each event once, in order, and reports when it is complete', async () => {
    const { server, seen, states, stream } = listen()
    await settle()
    server.send(frame(1) + frame(2) + sync(3))
    await settle()
    expect(states.at(-1)).toBe('catching_up')
    server.send(frame(2) + frame(3))
    await settle()
    expect(seen).toEqual([1, 2, 3])
    expect(states).toEqual(['catching_up', 'complete'])
    expect(stream.cursor).toEqual(at(3))
  })

  it('continues after an event whose listener throws, reports the error, and requests nothing again', async () => {
    const seen: number[] = []
    const reported: unknown[] = []
    const broken = new TypeError('a fault of the app')
    const { server, stream, states } = listen({
      onEvent(_event, { seq }) {
        seen.push(seq)
        if (seq === 2) throw broken
      },
      onSignal() {
        throw broken
      },
      onError: (error) => void reported.push(error)
    })
    await settle()
    server.send(
      frame(1) +
        frame(2) +
        'event: typing\ndata: {"conversationId":"1","userId":"2"}\n\n' +
        frame(3) +
        sync(3)
    )
    await settle()
    expect(seen).toEqual([1, 2, 3])
    expect(reported).toEqual([broken, broken])
    expect(stream.cursor).toEqual(at(3))
    expect(states.at(-1)).not.toBe('waiting')
    expect(server.asked).toHaveLength(1)
  })

  it('reports an app error during a snapshot, and retries later', async () => {
    const reported: unknown[] = []
    const broken = new TypeError('a fault of the app')
    const { server, stream } = listen({
      onReset: () => Promise.reject(broken),
      onError: (error) => void reported.push(error)
    })
    await settle()
    server.send(frame(5))
    await settle()
    expect(reported).toEqual([broken])
    expect(stream.state).toBe('waiting')
  })

  it('delivers events that arrived together in one turn, so that an app renders once for all', async () => {
    const turns: number[] = []
    let turn = 0
    const { server } = listen({
      onEvent: () => {
        turns.push(turn)
        void Promise.resolve().then(() => turn++)
      }
    })
    await settle()
    server.send(frame(1) + frame(2) + sync(2) + frame(3))
    await settle()
    server.send(frame(4))
    await settle()
    expect(turns).toEqual([0, 0, 0, 3])
  })

  it('S6: resumes from its cursor after a connection lost at any byte', async () => {
    const text = frame(1) + frame(2) + sync(2) + frame(3)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 4 }), async (cuts) => {
        const { clock, server, seen, stream } = listen()
        for (const cut of cuts) {
          await settle()
          const from = server.asked.at(-1)!.seq
          const rest = [1, 2, 3].filter((seq) => seq > from).map((seq) => frame(seq))
          server.send(rest.join('').slice(0, cut))
          server.end()
          await settle()
          while (!server.isOpen) await clock.advance(500)
        }
        const from = server.asked.at(-1)!.seq
        server.send(
          [1, 2, 3]
            .filter((seq) => seq > from)
            .map((seq) => frame(seq))
            .join('')
        )
        await settle()
        expect(seen).toEqual([1, 2, 3])
        stream.close()
      }),
      { numRuns: 60 }
    )
  })

  it('delivers typing and presence on arrival, without moving the cursor or causing a gap', async () => {
    const signals: Signal[] = []
    const { server, seen, resets, stream } = listen({ onSignal: (signal) => void signals.push(signal) })
    await settle()
    const typing = 'event: typing\ndata: {"conversationId":"7","userId":"2"}\n\n'
    const presence = 'event: presence\ndata: {"userId":"2","online":true,"lastSeenAt":null}\n\n'
    const junk = 'event: typing\ndata: {\n\nevent: later\ndata: {}\n\n'
    server.send(frame(1) + typing + presence + junk + frame(2) + sync(2))
    await settle()
    expect(signals).toEqual([
      { name: 'typing', data: { conversationId: '7', userId: '2' } },
      { name: 'presence', data: { userId: '2', online: true, lastSeenAt: null } }
    ])
    expect([seen, resets, stream.cursor, stream.state]).toEqual([[1, 2], [], at(2), 'complete'])
  })

  it('doubles the bound of its random delay after each failure', async () => {
    const { clock, server, states } = listen()
    server.failures.push(networkDown(), networkDown(), networkDown(), networkDown())
    await settle()
    server.end()
    const waits: number[] = []
    for (let tries = 0; tries < 4; tries++) {
      await settle()
      waits.push(clock.nextMs!)
      await clock.advance(clock.nextMs!)
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000])
    expect(states.at(-1)).toBe('waiting')
    await clock.advance(30_000)
    expect(server.isOpen).toBe(true)
  })

  it("respects the server's delays: retry, Retry-After, and a temporary refusal", async () => {
    const { clock, server, seen } = listen({ random: () => 0 })
    await settle()
    server.send('retry: 7000\n\n')
    server.end()
    await settle()
    expect(clock.nextMs).toBe(7_000)
    server.failures.push(new Refusal(503, { code: 'draining' }, 9_000))
    await clock.advance(7_000)
    expect(clock.nextMs).toBe(9_000)
    await clock.advance(9_000)
    server.send('event: refused\ndata: {"code":"too_many_streams"}\n\nretry: 1200\n\n')
    server.end()
    await settle()
    expect(clock.nextMs).toBe(1_200)
    await clock.advance(1_200)
    server.send(frame(1))
    await settle()
    expect(seen).toEqual([1])
  })

  it('closes a connection that stays silent', async () => {
    const { clock, server } = listen()
    await settle()
    server.send(sync(0))
    await clock.advance(37_000)
    expect(server.isOpen).toBe(true)
    await clock.advance(500)
    expect(server.isOpen).toBe(false)
    await clock.advance(500)
    expect(server.asked).toHaveLength(2)
  })

  it('takes a snapshot at a gap, and continues after it', async () => {
    const { server, seen, resets, stream } = listen()
    await settle()
    server.send(frame(1) + frame(4) + frame(5))
    await settle()
    expect(resets).toEqual(['gap'])
    expect(seen).toEqual([1, 5])
    expect(stream.cursor).toEqual(at(5))
  })

  it('S3: takes a snapshot on a reset, and applies nothing before it is installed', async () => {
    const snapshot = Promise.withResolvers<Cursor>()
    const { server, seen, stream } = listen({ onReset: () => snapshot.promise })
    await settle()
    server.send('id: f-40\nevent: reset\ndata: {"reason":"epoch"}\n\nid: f-41\ndata: {}\n\n')
    await settle()
    expect(seen).toEqual([])
    expect(stream.cursor).toEqual(at(0))
    snapshot.resolve(at(40, 'f'))
    await settle()
    expect(seen).toEqual([41])
    expect(stream.cursor).toEqual(at(41, 'f'))
  })

  it('gets the reset again if the snapshot failed', async () => {
    let failing = true
    const { clock, server } = listen({
      onReset: async () => {
        if (failing) throw networkDown()
        return at(40)
      }
    })
    await settle()
    server.send('id: e-40\nevent: reset\ndata: {"reason":"pruned"}\n\n')
    await clock.advance(1_000)
    failing = false
    expect(server.asked).toEqual([at(0), at(0)])
    server.send('id: e-40\nevent: reset\ndata: {"reason":"pruned"}\n\n')
    await settle()
    server.end()
    await clock.advance(1_000)
    expect(server.asked.at(-1)).toEqual(at(40))
  })

  it('takes a snapshot when the server does not accept the cursor', async () => {
    const { clock, server, resets } = listen()
    server.failures.push(new Refusal(400, { code: 'cursor_invalid' }))
    await settle()
    server.end()
    await clock.advance(1_000)
    await clock.advance(2_000)
    expect(resets).toEqual(['invalid'])
    expect(server.asked.at(-1)).toEqual(at(100))
  })

  it('ends permanently when the session is over', async () => {
    const { clock, server, stream, signedOutCalls } = listen()
    server.failures.push(signedOut())
    await settle()
    server.end()
    await clock.advance(60_000)
    expect(signedOutCalls()).toBe(1)
    expect(stream.state).toBe('closed')
    expect(clock.timers).toBe(0)
  })

  it('starts at the head without a cursor, from a block with only an id', async () => {
    const { server, seen, stream } = listen({ cursor: null })
    await settle()
    server.send('id: e-12\n\n')
    await settle()
    expect(stream.cursor).toEqual(at(12))
    server.send(frame(13))
    await settle()
    expect(seen).toEqual([13])
  })

  it('connects at once when it is woken during a pause', async () => {
    const { clock, server, stream } = listen()
    await settle()
    server.failures.push(networkDown())
    server.end()
    await clock.advance(500)
    expect(stream.state).toBe('waiting')
    stream.wake()
    await settle()
    expect(server.isOpen).toBe(true)
  })

  it('may be closed by its own listener', async () => {
    const { clock, server, seen, stream } = listen({
      onEvent(_event, { seq }) {
        seen.push(seq)
        stream.close()
      }
    })
    await settle()
    server.send(frame(1))
    await settle()
    expect(seen).toEqual([1])
    expect(server.isOpen).toBe(false)
    expect(clock.timers).toBe(0)
  })

  it('has no timer left after it is closed', async () => {
    const { clock, server, stream } = listen()
    await settle()
    server.send(sync(0))
    await settle()
    stream.close()
    await settle()
    expect(clock.timers).toBe(0)
    expect(server.isOpen).toBe(false)
  })
})
