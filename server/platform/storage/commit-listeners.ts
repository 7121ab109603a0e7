import type { CommitListener } from './event-log.ts'

/**
 * The listeners of commits. What one of them throws fails neither the others nor the write, which is on disk: `onFailure` gets
 * it, and the next sweep finds what was not delivered.
 */
export function openCommitListeners(onFailure: (error: unknown) => void) {
  const listeners: CommitListener[] = []
  const notify: CommitListener = (events, committedAt) => {
    for (const listener of listeners) {
      try {
        listener(events, committedAt)
      } catch (error) {
        onFailure(error)
      }
    }
  }
  return {
    add: (listener: CommitListener) => {
      listeners.push(listener)
    },
    notify
  }
}
