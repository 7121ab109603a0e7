import { describe, expect, it } from 'vitest'
import { Awareness, Refusal } from '@parley/client'
import type { Presence } from '@parley/contract/presence'
import type { LogEvent, Signal } from '@parley/contract/events'
import { networkDown } from './fake-server.ts'
import { manualClock, settle } from './manual-clock.ts'

const here = (userId: string): Presence => ({ userId, online: true, lastSeenAt: null })
const gone = (userId: string): Presence => ({ userId, online: false, lastSeenAt: '2026-01-31T12:00:00.000Z' })
const typing = (conversationId: string, userId: string): Signal => ({
  name: 'typing',
  data: { conversationId, userId }
})
const presence = (data: Presence): Signal => ({ name: 'presence', data })
const event = (name: string, data: object) => ({ name, data }) as LogEvent

/** Opens a user's awareness, with a server that answers when the test says so. */
function open() {
  const clock = manualClock()
  const said: string[] = []
  const asked: PromiseWithResolvers<Presence[]>[] = []
  let changes = 0
  const awareness = new Awareness({
    sendTyping: async (conversationId) => void said.push(conversationId),
    presence() {
      asked.push(Promise.withResolvers())
      return asked.at(-1)!.promise
    },
    onChange: () => void changes++,
    clock,
    random: () => 0.5
  })
  const shown = () => [...awareness.typing].map(([id, users]) => `${id}: ${users.join(' ')}`)
  const people = () => [...awareness.presence.values()].map(({ userId, online }) => `${userId} ${online}`)
  return { awareness, clock, said, asked, shown, people, changes: () => changes }
}

describe('typing', () => {
  it('G7: expires six seconds after the last typing signal', async () => {
    const { awareness, clock, shown, changes } = open()
    awareness.onSignal(typing('7', '2'))
    await clock.advance(3_000)
    awareness.onSignal(typing('7', '3'))
    awareness.onSignal(typing('7', '2'))
    expect(shown()).toEqual(['7: 2 3'])
    // A repeated signal changes nothing visible.
    expect(changes()).toBe(2)
    await clock.advance(5_999)
    expect(shown()).toEqual(['7: 2 3'])
    await clock.advance(1)
    expect(shown()).toEqual([])
    expect(clock.timers).toBe(0)
  })

  it("ends with the user's message or removal, only in that conversation", () => {
    const { awareness, shown } = open()
    for (const [id, user] of ['72', '73', '82', '83']) awareness.onSignal(typing(id!, user!))
    awareness.onEvent(event('message', { conversationId: '7', sender: { id: '2' } }))
    expect(shown()).toEqual(['7: 3', '8: 2 3'])
    awareness.onEvent(event('participant_removed', { conversationId: '8', change: { user: { id: '3' } } }))
    expect(shown()).toEqual(['7: 3', '8: 2'])
  })

  it('is a new map on each change, so that a stored reference can detect it', () => {
    const { awareness } = open()
    const before = awareness.typing
    awareness.onSignal(typing('7', '2'))
    expect(before.size).toBe(0)
    expect(awareness.typing).not.toBe(before)
  })
})

describe('sending typing signals', () => {
  it('G7: sends one on the first keystroke, then every three seconds, independently per conversation', async () => {
    const { awareness, clock, said } = open()
    for (let ms = 0; ms < 9_000; ms += 100) {
      awareness.sendTyping('7')
      await clock.advance(100)
    }
    awareness.sendTyping('8')
    expect(said).toEqual(['7', '7', '7', '8'])
  })

  it('sends one at once when the user starts again after a message', () => {
    const { awareness, said } = open()
    awareness.sendTyping('7')
    awareness.onEvent(event('message_sent', { conversationId: '7', sender: { id: '1' } }))
    awareness.sendTyping('7')
    expect(said).toEqual(['7', '7'])
  })
})

describe('presence', () => {
  it('is requested once the stream is complete, and then updated by signals', async () => {
    const { awareness, asked, people } = open()
    awareness.onState('connecting')
    awareness.onState('catching_up')
    expect(asked).toHaveLength(0)
    awareness.onState('complete')
    asked[0]!.resolve([here('2'), gone('3')])
    await settle()
    expect(people()).toEqual(['2 true', '3 false'])
    awareness.onSignal(presence(gone('2')))
    expect(people()).toEqual(['2 false', '3 false'])
    // More events, then complete again: the same connection.
    awareness.onState('catching_up')
    awareness.onState('complete')
    expect(asked).toHaveLength(1)
  })

  it('prefers signals that arrived during the request over its answer', async () => {
    const { awareness, asked, people } = open()
    awareness.onState('complete')
    awareness.onSignal(presence(gone('2')))
    asked[0]!.resolve([here('2'), here('3')])
    await settle()
    expect(people()).toEqual(['2 false', '3 true'])
  })

  it('G7: is requested again after a reconnect, with a random delay, and kept until then', async () => {
    const { awareness, asked, clock, people } = open()
    awareness.onState('complete')
    asked[0]!.resolve([here('2')])
    await settle()
    awareness.onState('waiting')
    awareness.onState('connecting')
    awareness.onState('complete')
    expect(people()).toEqual(['2 true'])
    await clock.advance(1_499)
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    asked[1]!.resolve([gone('2')])
    await settle()
    expect(people()).toEqual(['2 false'])
  })

  it('is requested again, once, after any number of changes in shared conversations', async () => {
    const { awareness, asked, clock, people } = open()
    awareness.onState('complete')
    awareness.onEvent(event('conversation_created', { id: '9' }))
    awareness.onEvent(event('participant_added', { conversationId: '9' }))
    expect(asked).toHaveLength(1)
    asked[0]!.resolve([here('2')])
    await settle()
    asked[1]!.resolve([here('2'), here('3')])
    await settle()
    expect(people()).toEqual(['2 true', '3 true'])
    awareness.onEvent(event('participant_removed', { conversationId: '9', change: { user: { id: '3' } } }))
    await clock.advance(3_000)
    asked[2]!.resolve([here('2')])
    await settle()
    expect(people()).toEqual(['2 true'])
    expect(asked).toHaveLength(3)
  })

  it('is requested again with the first message of a conversation, and with no later one', async () => {
    const { awareness, asked, clock } = open()
    awareness.onState('complete')
    asked[0]!.resolve([])
    await settle()
    awareness.onEvent(event('message_sent', { conversationId: '9', position: 2 }))
    await clock.advance(3_000)
    expect(asked).toHaveLength(1)
    awareness.onEvent(event('message', { conversationId: '9', position: 1, sender: { id: '2' } }))
    await clock.advance(3_000)
    expect(asked).toHaveLength(2)
  })

  it('is requested until there is an answer, unless the failure is permanent', async () => {
    const { awareness, asked, clock, people } = open()
    awareness.onState('complete')
    asked[0]!.reject(networkDown())
    await clock.advance(1_000)
    asked[1]!.resolve([here('2')])
    await settle()
    expect(people()).toEqual(['2 true'])
    awareness.onState('connecting')
    awareness.onState('complete')
    await clock.advance(3_000)
    asked[2]!.reject(new Refusal(401, { code: 'unauthenticated' }))
    await clock.advance(60_000)
    expect(asked).toHaveLength(3)
  })

  it('has no timer left after it is closed, and no more changes', async () => {
    const { awareness, asked, clock, people, changes } = open()
    awareness.onState('complete')
    awareness.onSignal(typing('7', '2'))
    const before = changes()
    awareness.onState('closed')
    asked[0]!.resolve([here('2')])
    awareness.onSignal(typing('7', '3'))
    await settle()
    expect([people(), changes(), clock.timers]).toEqual([[], before, 0])
  })
})
