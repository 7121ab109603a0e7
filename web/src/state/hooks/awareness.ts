import { useConnectionLost } from './connection.ts'
import { useMessengerState } from './context.tsx'
import type { State } from '../model/state.ts'

const unknown: Pick<State, 'typing' | 'presence'> = { typing: new Map(), presence: new Map() }

/** Typing and presence; unknown while the connection is lost. */
export function useAwareness(): Pick<State, 'typing' | 'presence'> {
  const typing = useMessengerState(({ typing }) => typing)
  const presence = useMessengerState(({ presence }) => presence)
  return useConnectionLost() ? unknown : { typing, presence }
}
