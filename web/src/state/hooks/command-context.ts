import type { Answer, Client } from '@parley/client'
import type { Action, State } from '../model/state.ts'

/** What commands work with. */
export type CommandContext = {
  client: Client
  state: () => State
  dispatch: (action: Action) => void
  /** Runs a request, or waits for the same one that is under way. */
  once: (name: string, run: (signal: AbortSignal) => Promise<void>) => Promise<void>
  /** Repeats a request until its response can be combined with the events since. */
  ask: <Data>(ask: () => Promise<Answer<Data>>, signal: AbortSignal) => Promise<Answer<Data>>
}
