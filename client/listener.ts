import { reportFault } from './failures.ts'

/** Called with the exception of a listener. */
export type OnError = (error: unknown) => void

/** Returns a listener whose exceptions go to `onError`. Its caller goes on: an exception is not the caller's failure. */
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
