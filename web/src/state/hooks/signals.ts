import { Awareness, type StreamState } from '@parley/client'
import type { LogEvent, Signal } from '@parley/contract/events'
import { signalsMax } from '@parley/contract/limits'
import type { CommandContext } from './command-context.ts'

export type Signals = ReturnType<typeof signals>

/** Typing and presence, in each tab by itself, because timers of hidden tabs may be late. */
export function signals({ client, state, dispatch }: CommandContext, closed: AbortSignal) {
  const awareness = new Awareness({
    sendTyping: (id) => client.sendTyping(id, { signal: closed }),
    presence: (abortable) => client.presence(abortable),
    onChange() {
      const { typing, presence } = awareness
      dispatch({ type: 'awareness_changed', typing, presence })
    }
  })
  closed.addEventListener('abort', () => awareness.close())
  return {
    hear: (signal: Signal) => awareness.onSignal(signal),
    after: (event: LogEvent) => awareness.onEvent(event),
    // The stream of one tab ends where another's takes its place.
    streamChanged: (stream: StreamState) => awareness.onState(stream === 'closed' ? 'waiting' : stream),
    /** Signals typing; call it at every keystroke. Does nothing in large conversations. */
    sendTyping(conversationId: string): void {
      const { entries, stream } = state()
      const { participantCount = Infinity } = entries[conversationId] ?? {}
      if (stream === 'complete' && participantCount <= signalsMax) awareness.sendTyping(conversationId)
    }
  }
}
