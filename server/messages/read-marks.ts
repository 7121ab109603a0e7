import { Problem } from '@parley/contract/problems'

/** Longest wait for the read mark that reading makes. */
const asideMs = 1_000

/**
 * Waits for a read mark that reading makes, without failing the read: resolves after a second at the latest. `onFailure` gets
 * the reason why the mark was not written; the next read writes it.
 */
export async function markedAside(
  marking: Promise<unknown>,
  onFailure: (error: unknown) => void
): Promise<void> {
  const marked = marking.catch((error: unknown) => {
    // A member removed in the meantime has nothing to mark.
    if (!(error instanceof Problem) || error.status >= 500) onFailure(error)
  })
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, asideMs)
  await Promise.race([marked, late.promise])
  clearTimeout(timer)
}
