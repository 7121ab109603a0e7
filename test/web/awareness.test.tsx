import { act, cleanup, render, screen } from '@testing-library/react'
import { createStore } from 'zustand/vanilla'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Client, StreamState } from '@parley/client'
import { signalsMax } from '@parley/contract/limits'
import { ConversationHeader } from '../../web/src/features/conversation/conversation-header.tsx'
import { ConversationList } from '../../web/src/features/home/conversation-list.tsx'
import { useAwareness } from '../../web/src/state/hooks/awareness.ts'
import { MessengerProvider, useMessengerState } from '../../web/src/state/hooks/context.tsx'
import type { Messenger } from '../../web/src/state/hooks/messenger.ts'
import { initialState, type Action, type State } from '../../web/src/state/model/state.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { signals } from '../../web/src/state/hooks/signals.ts'
import { jane, joe, john, modelServer } from './model-server.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** john's state, with a conversation with jane (7) and a group (9), and what the stream tells of others. */
function open() {
  const server = modelServer()
  server.send('7', jane, 'hello john')
  server.send('9', jane, 'hello friends')
  const snapshot = server.snapshot(['9'])
  const store = createStore<State>(() => reduce(initialState(john), { type: 'snapshot_taken', snapshot }))
  const dispatch = (action: Action) => act(() => store.setState((state) => reduce(state, action)))
  const said: string[] = []
  const closed = new AbortController()
  const client = {
    sendTyping: async (id: string) => void said.push(id),
    presence: async () => [
      { userId: jane.id, online: true, lastSeenAt: null },
      { userId: joe.id, online: false, lastSeenAt: new Date(Date.now() - 300_000).toISOString() }
    ]
  } as unknown as Client
  const context = { client, state: () => store.getState(), dispatch, once: vi.fn(), ask: vi.fn() }
  const heard = signals(context, closed.signal)
  const stream = async (state: StreamState) => {
    dispatch({ type: 'stream_changed', stream: state })
    heard.streamChanged(state)
    await act(() => vi.advanceTimersByTimeAsync(0))
  }
  return { store, dispatch, said, heard, stream, messenger: { store } as unknown as Messenger }
}

function row(name: string): string {
  return screen.getByRole('link', { name: new RegExp(`^${name}`) }).querySelector('[data-part=last]')!
    .textContent
}

describe('the list of conversations', () => {
  it('tells who is writing in the place of what was said last, until they stop', async () => {
    const { heard, stream, messenger } = open()
    await stream('complete')
    render(
      <MessengerProvider messenger={messenger}>
        <ConversationList openId={null} />
      </MessengerProvider>
    )
    act(() => heard.hear({ name: 'typing', data: { conversationId: '7', userId: jane.id } }))
    act(() => heard.hear({ name: 'typing', data: { conversationId: '9', userId: '99' } }))
    expect([row('jane'), row('friends')]).toEqual(['typing…', 'Someone is typing…'])
    act(() => heard.hear({ name: 'typing', data: { conversationId: '9', userId: jane.id } }))
    expect(row('friends')).toBe('Someone and jane are typing…')
    await act(() => vi.advanceTimersByTimeAsync(6_000))
    expect([row('jane'), row('friends')]).toEqual(['hello john', 'jane: hello friends'])
  })

  it('marks who is here, of two', async () => {
    const { heard, stream, messenger } = open()
    await stream('complete')
    render(
      <MessengerProvider messenger={messenger}>
        <ConversationList openId={null} />
      </MessengerProvider>
    )
    screen.getByRole('link', { name: /jane\s*online/ })
    const lastSeenAt = new Date().toISOString()
    act(() => heard.hear({ name: 'presence', data: { userId: jane.id, online: false, lastSeenAt } }))
    expect(screen.queryByRole('link', { name: /online/ })).toBeNull()
  })
})

function Head({ userId }: { userId: string }) {
  const { presence } = useAwareness()
  const entry = useMessengerState(({ entries }) => entries['7'])
  return <ConversationHeader entry={entry} presence={presence.get(userId)} onDetails={() => {}} />
}

describe('the head of a conversation', () => {
  it('G7: tells since when the other one is gone, and goes with the time; nothing once the connection is lost', async () => {
    const { stream, messenger } = open()
    await stream('complete')
    render(
      <MessengerProvider messenger={messenger}>
        <Head userId={joe.id} />
      </MessengerProvider>
    )
    screen.getByText('last seen 5 minutes ago')
    await act(() => vi.advanceTimersByTimeAsync(90_000))
    screen.getByText('last seen 6 minutes ago')
    // A reconnect is nobody's business, unless it takes its time.
    await stream('waiting')
    screen.getByText('last seen 6 minutes ago')
    await act(() => vi.advanceTimersByTimeAsync(2_000))
    expect(screen.queryByText(/last seen/)).toBeNull()
  })
})

describe('that I am writing', () => {
  it('is said while there is a connection, and not in a large group', async () => {
    const { store, dispatch, said, heard, stream } = open()
    heard.sendTyping('7')
    await stream('complete')
    heard.sendTyping('7')
    heard.sendTyping('7')
    heard.sendTyping('not mine')
    expect(said).toEqual(['7'])
    const conversation = { ...modelServer().conversation('9'), participantCount: signalsMax + 1 }
    dispatch({ type: 'conversation_taken', conversation, cursor: store.getState().cursor })
    heard.sendTyping('9')
    expect(said).toEqual(['7'])
  })

  it('goes on to be heard when the stream of one tab ended and another leads', async () => {
    const { store, heard, stream } = open()
    await stream('complete')
    await stream('closed')
    await stream('complete')
    act(() => heard.hear({ name: 'typing', data: { conversationId: '7', userId: jane.id } }))
    expect(store.getState().typing.get('7')).toEqual([jane.id])
  })
})
