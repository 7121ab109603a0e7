/**
 * The pause before the next attempt, in ms: exponential with full jitter, so that what failed together is not retried
 * together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
 */
export function backoffMs(failures: number, { first, max }: { first: number; max: number }): number {
  return Math.ceil(Math.random() * Math.min(max, first * 2 ** Math.min(failures - 1, 30)))
}
