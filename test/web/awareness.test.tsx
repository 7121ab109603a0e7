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
import { openDrafts } from '../../web/src/state/kept/drafts.ts'
import { initialState, type Action, type State } from '../../web/src/state/model/state.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { signals } from '../../web/src/state/hooks/signals.ts'
import { jane, joe, john, modelServer } from './model-server.ts'

beforeEach(() => {
  localStorage.clear()
  vi.useFakeTimers()
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/**
 * Opens john's state, with a direct conversation with jane (7) and a group (9), and the stream's signals
 * about others.
 */
function open() {
  const server = modelServer()
  server.send('7', jane, 'hello john')
  server.send('9', jane, 'hello friends')
  const snapshot = server.snapshot(['9'])
  const store = createStore<State>(() => reduce(initialState(john), { type: 'snapshot_taken', snapshot }))
  const dispatch = (action: Action) => act(() => store.setState((state) => reduce(state, action)))
  const sent: string[] = []
  const closed = new AbortController()
  const client = {
    sendTyping: async (id: string) => void sent.push(id),
    presence: async () => [
      { userId: jane.id, online: true, lastSeenAt: null },
      { userId: joe.id, online: false, lastSeenAt: new Date(Date.now() - 300_000).toISOString() }
    ]
  } as unknown as Client
  const context = { client, state: () => store.getState(), dispatch, once: vi.fn(), ask: vi.fn() }
  const awareness = signals(context, closed.signal)
  const stream = async (state: StreamState) => {
    dispatch({ type: 'stream_changed', stream: state })
    awareness.streamChanged(state)
    await act(() => vi.advanceTimersByTimeAsync(0))
  }
  const messenger = { store, drafts: openDrafts(john.id) } as unknown as Messenger
  return { store, dispatch, sent, awareness, stream, messenger }
}

function row(name: string): string {
  return screen.getByRole('link', { name: new RegExp(`^${name}`) }).querySelector('[data-part=last]')!
    .textContent
}

describe('the conversation list', () => {
  it('shows who is typing instead of the last message, until they stop', async () => {
    const { awareness, stream, messenger } = open()
    await stream('complete')
    render(
      <MessengerProvider messenger={messenger}>
        <ConversationList openId={null} />
      </MessengerProvider>
    )
    act(() => awareness.hear({ name: 'typing', data: { conversationId: '7', userId: jane.id } }))
    act(() => awareness.hear({ name: 'typing', data: { conversationId: '9', userId: '99' } }))
    expect([row('jane'), row('friends')]).toEqual(['typing…', 'Someone is typing…'])
    act(() => awareness.hear({ name: 'typing', data: { conversationId: '9', userId: jane.id } }))
    expect(row('friends')).toBe('Someone and jane are typing…')
    await act(() => vi.advanceTimersByTimeAsync(6_000))
    expect([row('jane'), row('friends')]).toEqual(['hello john', 'jane: hello friends'])
  })

  it('marks the other person as online in direct conversations', async () => {
    const { awareness, stream, messenger } = open()
    await stream('complete')
    render(
      <MessengerProvider messenger={messenger}>
        <ConversationList openId={null} />
      </MessengerProvider>
    )
    screen.getByRole('link', { name: /jane\s*online/ })
    const lastSeenAt = new Date().toISOString()
    act(() => awareness.hear({ name: 'presence', data: { userId: jane.id, online: false, lastSeenAt } }))
    expect(screen.queryByRole('link', { name: /online/ })).toBeNull()
  })
})

function Head({ userId }: { userId: string }) {
  const { presence } = useAwareness()
  const entry = useMessengerState(({ entries }) => entries['7'])
  return <ConversationHeader entry={entry} presence={presence.get(userId)} onDetails={() => {}} />
}

describe('the conversation header', () => {
  it('G7: shows and updates when the other person was last seen, and nothing without a connection', async () => {
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
    // A reconnect is not shown unless it takes long.
    await stream('waiting')
    screen.getByText('last seen 6 minutes ago')
    await act(() => vi.advanceTimersByTimeAsync(2_000))
    expect(screen.queryByText(/last seen/)).toBeNull()
  })
})

describe('sending typing signals', () => {
  it('happens while connected, and not in large groups', async () => {
    const { store, dispatch, sent, awareness, stream } = open()
    awareness.sendTyping('7')
    await stream('complete')
    awareness.sendTyping('7')
    awareness.sendTyping('7')
    awareness.sendTyping('not mine')
    expect(sent).toEqual(['7'])
    const conversation = { ...modelServer().conversation('9'), participantCount: signalsMax + 1 }
    dispatch({ type: 'conversation_taken', conversation, cursor: store.getState().cursor })
    awareness.sendTyping('9')
    expect(sent).toEqual(['7'])
  })

  it('continues when the tab with the stream ends and another one leads', async () => {
    const { store, awareness, stream } = open()
    await stream('complete')
    await stream('closed')
    await stream('complete')
    act(() => awareness.hear({ name: 'typing', data: { conversationId: '7', userId: jane.id } }))
    expect(store.getState().typing.get('7')).toEqual([jane.id])
  })
})
