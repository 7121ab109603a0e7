import { createStore, type StoreApi } from 'zustand/vanilla'

/** Whether an exception may have left this tab with a wrong state. A reload starts over from the server's. */
export const trouble: StoreApi<{ failed: boolean }> = createStore(() => ({ failed: false }))

/** Reports an exception to the console, and to the person who uses the app. */
export function reportFailure(error: unknown): void {
  // oxlint-disable-next-line no-console -- the only place where a host can see it
  console.error(error)
  trouble.setState({ failed: true })
}
