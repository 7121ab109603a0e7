import { reportFault } from './failures.ts'

/** Receives an exception that a listener threw. */
export type OnError = (error: unknown) => void

/** Returns a listener whose exceptions go to `onError` instead of its caller. */
export function guarded<Args extends unknown[]>(
  listener: (...args: Args) => void,
  onError: OnError = reportFault
): (...args: Args) => void {
  return (...args) => {
    try {
      listener(...args)
    } catch (error) {
      onError(error)
    }
  }
}
