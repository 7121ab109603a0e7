import { createContext, useContext, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { Messenger } from './messenger.ts'
import type { State } from '../model/state.ts'

const MessengerContext = createContext<Messenger | null>(null)

export function MessengerProvider({ messenger, children }: { messenger: Messenger; children: ReactNode }) {
  return <MessengerContext value={messenger}>{children}</MessengerContext>
}

/** The commands of the signed-in user. */
export function useMessenger(): Messenger {
  const messenger = useContext(MessengerContext)
  if (!messenger) throw new Error('No user is signed in here')
  return messenger
}

/** A part of the state; `select` gives the same thing for the same state. */
export function useMessengerState<Part>(select: (state: State) => Part): Part {
  return useStore(useMessenger().store, select)
}
