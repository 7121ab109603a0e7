/**
 * The listeners of commits. What one of them throws fails neither the others nor the write, which is on disk: `onFailure` gets
 * it, and the next sweep finds what was not delivered.
 */
export function openCommitListeners<Arguments extends unknown[]>(onFailure: (error: unknown) => void) {
  type Listener = (...details: Arguments) => void
  const listeners: Listener[] = []
  const notify: Listener = (...details) => {
    for (const listener of listeners) {
      try {
        listener(...details)
      } catch (error) {
        onFailure(error)
      }
    }
  }
  return {
    add: (listener: Listener) => {
      listeners.push(listener)
    },
    notify
  }
}
