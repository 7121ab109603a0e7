import { reportFault } from '@parley/client/failures'
import { createStore, type StoreApi } from 'zustand/vanilla'

/** Whether an exception may have left this tab with a wrong state. A reload starts over from the server's. */
export const trouble: StoreApi<{ failed: boolean }> = createStore(() => ({ failed: false }))

/** Reports a fault that may have left a wrong state: to the console, and to the person by a notice that offers to reload. */
export function reportTrouble(error: unknown): void {
  reportFault(error)
  trouble.setState({ failed: true })
}
