import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listedEntries, unreadCount } from '../../web/src/state/model/entries.ts'
import { keptOf, restoredState } from '../../web/src/state/kept/kept-state.ts'
import { initialState, type Action, type State } from '../../web/src/state/model/state.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { jane, john, modelServer, type ModelServer } from './model-server.ts'

const after = (state: State, ...actions: Action[]) => actions.reduce(reduce, state)
const eventAt = (server: ModelServer, seq: number): Action => ({
  type: 'event_arrived',
  event: server.log[seq - 1]!,
  cursor: server.cursorAt(seq)
})
const startOver = (server: ModelServer, opened: string[] = []): Action => ({
  type: 'snapshot_taken',
  snapshot: server.snapshot(opened)
})
const unread = (state: State) => unreadCount(state.entries['7']!)
/** The list as the server sent it. */
const listOf = (state: State) =>
  listedEntries(state.entries, state.listedDownTo).map((entry) => ({ ...entry, readHere: null }))
/** Returns the state after a reload, through the structured clone of IndexedDB. */
const reloaded = (state: State) => restoredState(structuredClone(keptOf(state)!))

const conversations = Array.from({ length: 60 }, (_, index) => String(index + 1))
/** Returns a state with every conversation opened, larger than what is stored. */
function bigState(server: ModelServer): State {
  for (const id of conversations) server.send(id, jane)
  let state = after(initialState(john), startOver(server, conversations))
  for (let n = 0; n < 120; n++) {
    server.send('60', n % 2 === 0 ? jane : john)
    state = after(state, eventAt(server, server.log.length))
  }
  return state
}

describe('the stored state', () => {
  it('C1: corresponds to its cursor: with the events after it, it equals the refetched state', () => {
    const step = fc.record({
      conversation: fc.constantFrom('7', '8', '9'),
      does: fc.constantFrom('jane sends', 'john sends', 'john reads', 'jane reads', 'he reads here', 'reload')
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const server = modelServer()
        let state = after(initialState(john), startOver(server))
        for (const { conversation, does } of steps) {
          if (does === 'jane sends') server.send(conversation, jane)
          if (does === 'john sends') server.send(conversation, john)
          if (does === 'john reads') server.read(conversation, john)
          if (does === 'jane reads') server.read(conversation, jane)
          const { lastMessage } = state.entries[conversation] ?? {}
          if (does === 'he reads here' && lastMessage)
            state = after(state, {
              type: 'conversation_read',
              conversationId: conversation,
              mark: lastMessage
            })
          if (does === 'reload') state = reloaded(state)
          // Some events arrive later, as after a reload.
          else if (conversation !== '9')
            while (state.cursor!.seq < server.log.length)
              state = after(state, eventAt(server, state.cursor!.seq + 1))
        }
        while (state.cursor!.seq < server.log.length)
          state = after(state, eventAt(server, state.cursor!.seq + 1))
        const fresh = after(initialState(john), startOver(server))
        expect(listOf(reloaded(state))).toEqual(listOf(fresh))
        expect(reloaded(state).cursor).toEqual(fresh.cursor)
      })
    )
  })

  it('has the newest 50 conversations of the list, and the newest 100 messages of each opened one', () => {
    const server = modelServer()
    const state = bigState(server)
    const next = reloaded(state)
    const newest = listedEntries(state.entries, state.listedDownTo).slice(0, 50)
    expect(listedEntries(next.entries, next.listedDownTo)).toEqual(newest)
    expect(next.listedDownTo).toBe(newest.at(-1)!.lastMessage!.id)
    expect(Object.keys(next.histories)).toHaveLength(50)
    expect(next.histories['60']!.messages).toEqual(state.histories['60']!.messages.slice(-100))
    // Later messages continue it, and older ones can be fetched.
    server.send('60', jane)
    expect(after(next, eventAt(server, server.log.length)).histories['60']!.messages).toHaveLength(101)
  })

  it('is the same object if nothing changed, so that it is not written again', () => {
    const server = modelServer()
    const state = bigState(server)
    server.send('59', jane)
    const [first, second] = [keptOf(state)!, keptOf(after(state, eventAt(server, server.log.length)))!]
    expect(second.state.histories['60']).toBe(first.state.histories['60'])
    expect(second.state.histories['59']).not.toBe(first.state.histories['59'])
  })

  it('contains the open conversation, even if it is further down or has no message yet', () => {
    const server = modelServer()
    let state = bigState(server)
    const empty = { ...server.conversation('99'), lastMessage: null }
    state = after(
      { ...state, histories: {} },
      { type: 'history_page_taken', conversationId: '1', messages: server.page('1'), cursor: null },
      { type: 'conversation_taken', conversation: empty, cursor: null },
      { type: 'history_page_taken', conversationId: '99', messages: [], cursor: null }
    )
    const next = reloaded(state)
    expect(Object.keys(next.histories).toSorted()).toEqual(['1', '99'])
    expect(next.entries['1']!.lastMessage!.position).toBe(1)
    expect(next.entries['99']!.lastMessage).toBeNull()
  })

  it('contains the members of the last opened small conversations', () => {
    const server = modelServer()
    const taken = (id: string, count: number): Action => ({
      type: 'participants_taken',
      conversationId: id,
      participants: Array.from({ length: count }, () => server.participants('7')[1]!),
      after: null,
      cursor: null
    })
    const state = after(bigState(server), taken('59', 2), taken('60', 51), taken('1', 2))
    expect(Object.keys(reloaded(state).participants)).toEqual(['59'])
    expect(reloaded(state).participants['59']).toEqual(state.participants['59'])
  })

  it('is empty before the first snapshot, and has no stream state or unfinished pages', () => {
    const server = modelServer()
    server.send('7', jane)
    expect(keptOf(initialState(john))).toBeNull()
    const state = after(
      initialState(john),
      startOver(server),
      { type: 'history_opened', conversationId: '7' },
      { type: 'stream_changed', stream: 'complete' }
    )
    expect(reloaded(state)).toMatchObject({ histories: {}, stream: 'connecting', outbox: [] })
  })
})

describe('a local read mark', () => {
  const server = modelServer()
  for (let n = 0; n < 3; n++) server.send('7', jane)
  const early = server.snapshot()
  const read = after(
    initialState(john),
    { type: 'snapshot_taken', snapshot: early },
    { type: 'conversation_read', conversationId: '7', mark: server.page('7')[0]! }
  )

  it('survives a reload and a snapshot until the server has it', () => {
    expect(unread(read)).toBe(0)
    const again = after(reloaded(read), { type: 'snapshot_taken', snapshot: early })
    expect(unread(again)).toBe(0)
    expect(again.entries['7']).toMatchObject({ readUpTo: 0, readHere: { position: 3 } })
  })

  it('is replaced by the server’s once that has it', () => {
    server.read('7', john)
    const confirmed = after(reloaded(read), eventAt(server, server.log.length))
    expect(confirmed.entries['7']).toMatchObject({ readUpTo: 3, readHere: null })
  })
})
