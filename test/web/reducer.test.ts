import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newOutboxItem } from '@parley/client'
import type { Message } from '@parley/contract/messages'
import { listedEntries, unreadTotal } from '../../web/src/state/model/entries.ts'
import { hasOlder, shownMessages } from '../../web/src/state/model/histories.ts'
import { initialState, type Action, type State } from '../../web/src/state/model/state.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { jane, john, modelServer, type ModelServer } from './model-server.ts'

const after = (state: State, ...actions: Action[]) => actions.reduce(reduce, state)
const eventAt = (server: ModelServer, seq: number): Action => ({
  type: 'event_arrived',
  event: server.log[seq - 1]!,
  cursor: server.cursorAt(seq)
})
const pageTaken = (server: ModelServer, messages: Message[]): Action => ({
  type: 'history_page_taken',
  conversationId: '7',
  messages,
  cursor: server.head()
})

describe('the state', () => {
  it('keeps messages that arrive while the first page is loading', () => {
    const server = modelServer()
    server.send('7', jane)
    let state = after(initialState(john), { type: 'snapshot_taken', snapshot: server.snapshot() })
    state = after(state, { type: 'history_opened', conversationId: '7' })
    const page = server.page('7')
    server.send('7', jane, 'just now')
    state = after(state, eventAt(server, server.log.length), {
      type: 'history_page_taken',
      conversationId: '7',
      messages: page,
      cursor: null
    })
    expect(state.histories['7']!.messages.map(({ content }) => content)).toEqual(['hello', 'just now'])
  })

  it('never shows a history with a gap, and reloads instead', () => {
    const server = modelServer()
    for (let n = 0; n < 60; n++) server.send('7', jane)
    const old = server.page('7', 20)
    let state = after(initialState(john), { type: 'snapshot_taken', snapshot: server.snapshot(['7']) })
    state = after(state, pageTaken(server, old))
    expect(state.histories['7']!.messages[0]!.position).toBe(36)
    expect(hasOlder(state.histories['7']!)).toBe(true)
    state = after(state, pageTaken(server, server.page('7', 36)), pageTaken(server, server.page('7', 11)))
    expect(state.histories['7']!.messages.map(({ position }) => position)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1)
    )
    expect(hasOlder(state.histories['7']!)).toBe(false)
  })

  it("keeps a history complete if a send's response arrives before earlier messages of others", () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), fc.boolean(), (before, meanwhile, loaded) => {
        const server = modelServer()
        for (let n = 0; n < before; n++) server.send('7', jane)
        let state = after(initialState(john), { type: 'snapshot_taken', snapshot: server.snapshot(['7']) })
        if (!loaded)
          state = after({ ...state, histories: {} }, { type: 'history_opened', conversationId: '7' })
        const page = server.page('7')
        for (let n = 0; n < meanwhile; n++) server.send('7', jane)
        const message = server.send('7', john, 'mine', 'client-id')!
        state = after(state, { type: 'item_acknowledged', item: newOutboxItem('7', 'mine'), message })
        if (!loaded) state = after(state, pageTaken(server, page))
        const shown = shownMessages(state.histories['7']!).map(({ position }) => position)
        expect(shown).toEqual([
          ...Array.from({ length: before }, (_, index) => index + 1),
          before + meanwhile + 1
        ])
        while (state.cursor!.seq < server.log.length)
          state = after(state, eventAt(server, state.cursor!.seq + 1))
        expect(state.histories['7']!.messages.toReversed()).toEqual(server.page('7'))
        expect(state.histories['7']!.ahead).toEqual([])
      })
    )
  })

  it('counts unread messages by position, and a read on another device clears them', () => {
    const server = modelServer()
    let state = after(initialState(john), { type: 'snapshot_taken', snapshot: server.snapshot() })
    server.send('7', jane)
    server.send('7', jane)
    server.send('8', jane)
    for (let seq = 1; seq <= server.log.length; seq++) state = after(state, eventAt(server, seq))
    expect(unreadTotal(state.entries)).toBe(3)
    server.read('7', john)
    state = after(state, eventAt(server, server.log.length))
    expect(unreadTotal(state.entries)).toBe(1)
    server.send('8', john)
    state = after(state, eventAt(server, server.log.length))
    expect(unreadTotal(state.entries)).toBe(0)
  })

  it('announces nothing withdrawn: edited, deleted, or of a group one has left', () => {
    const server = modelServer()
    let state = after(initialState(john), { type: 'snapshot_taken', snapshot: server.snapshot() })
    const hear = () => {
      while (state.cursor!.seq < server.log.length)
        state = after(state, eventAt(server, state.cursor!.seq + 1))
      return state.arrived?.content
    }
    const { position } = server.send('9', jane, 'a slip')!
    expect(hear()).toBe('a slip')
    server.edit('9', position, 'a typo, fixed')
    expect(hear()).toBeUndefined()
    const again = server.send('9', jane, 'another')!
    expect(hear()).toBe('another')
    server.remove('9', again.position)
    expect(hear()).toBeUndefined()
    server.send('9', jane, 'for friends')
    expect(hear()).toBe('for friends')
    server.remove('9', position)
    expect(hear()).toBe('for friends')
    server.takeOut(john)
    expect(hear()).toBeUndefined()
  })

  it('lists conversations only down to the first possible gap', () => {
    const server = modelServer()
    for (const id of ['7', '8', '9']) server.send(id, jane)
    const state: State = {
      ...after(initialState(john), { type: 'snapshot_taken', snapshot: server.snapshot() }),
      listedDownTo: server.conversation('8').lastMessage!.id
    }
    expect(listedEntries(state.entries, state.listedDownTo).map(({ id }) => id)).toEqual(['9', '8'])
    server.send('7', jane)
    const moved = after(state, eventAt(server, server.log.length))
    expect(listedEntries(moved.entries, moved.listedDownTo).map(({ id }) => id)).toEqual(['7', '9', '8'])
  })
})
