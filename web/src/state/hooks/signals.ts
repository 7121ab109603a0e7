import { Awareness, type StreamState } from '@parley/client'
import type { LogEvent, Signal } from '@parley/contract/events'
import { signalsMax } from '@parley/contract/limits'
import type { CommandContext } from './command-context.ts'

export type Signals = ReturnType<typeof signals>

/** Who is writing and who is here, in every tab by itself: a timer of a tab that nobody looks at may come late. */
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
    /** I am writing: call it at every keystroke. In large conversations nobody is told. */
    sendTyping(conversationId: string): void {
      const { entries, stream } = state()
      const { participantCount = Infinity } = entries[conversationId] ?? {}
      if (stream === 'complete' && participantCount <= signalsMax) awareness.sendTyping(conversationId)
    }
  }
}
