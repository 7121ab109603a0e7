import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventStream, memoryState, StateSaver, type SavedState } from '@parley/client'
import { fakeStreams, frame } from './fake-server.ts'
import { manualClock, settle } from './manual-clock.ts'

const at = (seq: number) => ({ epoch: 'e', seq })
const savedAt = (seq: number): SavedState<number> => ({ cursor: at(seq), state: seq })

function saverOf(save: (saved: SavedState<number>) => Promise<void>) {
  const clock = manualClock()
  let now: SavedState<number> | null = null
  const saver = new StateSaver<number>({ storage: { save }, read: () => now, everyMs: 1_000, clock })
  const reach = (seq: number) => {
    now = savedAt(seq)
    saver.changed()
  }
  return { clock, saver, reach }
}

describe('the state saver', () => {
  it('saves the changes of a second together, and nothing without changes', async () => {
    const saves: number[] = []
    const { clock, saver, reach } = saverOf(async ({ state }) => void saves.push(state))
    for (let seq = 1; seq <= 50; seq++) reach(seq)
    await clock.advance(1_000)
    await clock.advance(5_000)
    await saver.flush()
    expect(saves).toEqual([50])
    reach(51)
    void saver.flush()
    expect(saves, 'a page that is left gives no time').toEqual([50, 51])
    expect(clock.timers).toBe(0)
  })

  it('runs one save at a time, then one with the newest state', async () => {
    const saves: number[] = []
    const writing = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { clock, saver, reach } = saverOf(({ state }) => writing[saves.push(state) - 1]!.promise)
    reach(1)
    await clock.advance(1_000)
    reach(2)
    await clock.advance(1_000)
    reach(3)
    const flushed = saver.flush()
    expect(saves).toEqual([1])
    for (const each of writing) each.resolve()
    await flushed
    expect(saves).toEqual([1, 3])
  })

  it('retries a failed save', async () => {
    const saves: number[] = []
    let full = true
    const { clock, saver, reach } = saverOf(async ({ state }) => {
      if (full) throw new Error('no space')
      saves.push(state)
    })
    reach(1)
    await clock.advance(1_000)
    full = false
    await saver.flush()
    expect(saves).toEqual([1])
  })

  it('saves nothing after it is closed', async () => {
    const { clock, saver, reach } = saverOf(() => Promise.reject(new Error('closed')))
    reach(1)
    saver.close()
    await clock.advance(1_000)
    await saver.flush()
    reach(2)
    expect(clock.timers).toBe(0)
  })
})

describe('a client that saves its state with its cursor', () => {
  it('C1: has every event once and in order, however often it crashes after any save', async () => {
    const step = fc.constantFrom('event', 'event', 'event', 'cut', 'crash', 'leave', 'second')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (script) => {
        const storage = memoryState<readonly number[]>()
        const server = fakeStreams()
        const clock = manualClock()
        let head = 0

        async function run() {
          const saved = await storage.load()
          let state = saved?.state ?? []
          const stream: EventStream = new EventStream({
            open: (cursor, signal) => server.open(cursor, signal),
            cursor: saved?.cursor ?? at(0),
            onEvent: (_event, { seq }) => {
              state = [...state, seq]
              saver.changed()
            },
            onReset: () => Promise.reject(new Error('never')),
            onSignedOut: () => {},
            clock,
            random: () => 0.5
          })
          const saver = new StateSaver<readonly number[]>({
            storage,
            read: () => ({ cursor: at(state.at(-1) ?? 0), state }),
            clock
          })
          await settle()
          server.send(replay())
          await settle()
          return {
            saver,
            stream,
            state: () => state,
            crash() {
              saver.close()
              stream.close()
            }
          }
        }
        /** The server's first events: all after the requested cursor. */
        const replay = () => {
          const from = server.asked.at(-1)!.seq
          return Array.from({ length: head - from }, (_, index) => frame(from + 1 + index)).join('') || ': \n'
        }

        let client = await run()
        for (const each of script) {
          if (each === 'event') server.send(frame(++head))
          if (each === 'second') await clock.advance(1_000)
          if (each === 'cut') {
            server.end()
            await settle()
            while (!server.isOpen) await clock.advance(500)
            server.send(replay())
          }
          if (each === 'crash' || each === 'leave') {
            if (each === 'leave') void client.saver.flush()
            client.crash()
            await settle()
            client = await run()
          }
          await settle()
        }
        expect(client.state()).toEqual(Array.from({ length: head }, (_, index) => index + 1))
        client.crash()
      }),
      { numRuns: 150 }
    )
  })
})
