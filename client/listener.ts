/** Where an exception of a listener goes. */
export type OnError = (error: unknown) => void

/**
 * A listener whose exceptions go to `onError`, or are reported as uncaught (HTML, "report an exception"; in Node the
 * process ends unless it listens for that). Whoever calls it goes on: an exception is not the caller's failure.
 */
export function guarded<Args extends unknown[]>(
  listener: (...args: Args) => void,
  onError: OnError = reportUncaught
): (...args: Args) => void {
  return (...args) => {
    try {
      listener(...args)
    } catch (error) {
      onError(error)
    }
  }
}

export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
