import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Session, SessionState } from './session.ts'

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('There is no session here')
  return session
}

export function useSessionState(): SessionState {
  return useStore(useSession().store)
}
