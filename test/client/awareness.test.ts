import { describe, expect, it } from 'vitest'
import { Awareness, Refusal } from '@parley/client'
import type { Presence } from '@parley/contract/entities'
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

/** Somebody's awareness, and a server that answers when the test says so. */
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

describe('who is writing', () => {
  it('G7: is gone by itself, six seconds after it was last said', async () => {
    const { awareness, clock, shown, changes } = open()
    awareness.onSignal(typing('7', '2'))
    await clock.advance(3_000)
    awareness.onSignal(typing('7', '3'))
    awareness.onSignal(typing('7', '2'))
    expect(shown()).toEqual(['7: 2 3'])
    // Said again it changes nothing that is seen.
    expect(changes()).toBe(2)
    await clock.advance(5_999)
    expect(shown()).toEqual(['7: 2 3'])
    await clock.advance(1)
    expect(shown()).toEqual([])
    expect(clock.timers).toBe(0)
  })

  it('ends with their message, and with their leaving, and only where that was', () => {
    const { awareness, shown } = open()
    for (const [id, user] of ['72', '73', '82', '83']) awareness.onSignal(typing(id!, user!))
    awareness.onEvent(event('message', { conversationId: '7', sender: { id: '2' } }))
    expect(shown()).toEqual(['7: 3', '8: 2 3'])
    awareness.onEvent(event('participant_removed', { conversationId: '8', change: { user: { id: '3' } } }))
    expect(shown()).toEqual(['7: 3', '8: 2'])
  })

  it('is another map with each change, so that whoever keeps one sees that it changed', () => {
    const { awareness } = open()
    const before = awareness.typing
    awareness.onSignal(typing('7', '2'))
    expect(before.size).toBe(0)
    expect(awareness.typing).not.toBe(before)
  })
})

describe('that I am writing', () => {
  it('G7: is said at the first keystroke, then every three seconds, in each conversation by itself', async () => {
    const { awareness, clock, said } = open()
    for (let ms = 0; ms < 9_000; ms += 100) {
      awareness.sendTyping('7')
      await clock.advance(100)
    }
    awareness.sendTyping('8')
    expect(said).toEqual(['7', '7', '7', '8'])
  })

  it('is said at once when I begin again after a message of mine', () => {
    const { awareness, said } = open()
    awareness.sendTyping('7')
    awareness.onEvent(event('message_sent', { conversationId: '7', sender: { id: '1' } }))
    awareness.sendTyping('7')
    expect(said).toEqual(['7', '7'])
  })
})

describe('who is here', () => {
  it('is asked for once the stream is complete, and kept by what it tells', async () => {
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
    // More to read, and complete again: the same connection.
    awareness.onState('catching_up')
    awareness.onState('complete')
    expect(asked).toHaveLength(1)
  })

  it('is what the stream told while the server was asked, whatever the answer says', async () => {
    const { awareness, asked, people } = open()
    awareness.onState('complete')
    awareness.onSignal(presence(gone('2')))
    asked[0]!.resolve([here('2'), here('3')])
    await settle()
    expect(people()).toEqual(['2 false', '3 true'])
  })

  it('G7: is asked for again after a reconnect, at a time of its own, and kept until then', async () => {
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

  it('is asked for again when I talk with somebody else, or no longer: once more for all that happens meanwhile', async () => {
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

  it('is asked for again with the first message of a conversation, and with no later one', async () => {
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

  it('is asked for until there is an answer, unless that is a final one', async () => {
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

  it('leaves no timer behind when it is closed, and changes no more', async () => {
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
