import { Problem } from '@parley/contract/problems'
import { accepted } from '../platform/storage/outcomes.ts'
import type { Store } from '../store.ts'
import type { Principal } from '../platform/principal.ts'

/** How long a reader waits for the mark that reading makes. */
const asideMs = 1_000

/**
 * Marks what was just read, where reading must not fail for it: resolves after a second at the latest. `onFailure` gets why the
 * mark could not be written; the next reading marks it.
 */
export async function markReadAside(
  store: Store,
  me: Principal,
  conversationId: number,
  upTo: number,
  onFailure: (error: unknown) => void
): Promise<void> {
  const marked = markRead(store, me, conversationId, upTo).catch((error: unknown) => {
    // Someone who was removed meanwhile has nothing to mark.
    if (!(error instanceof Problem) || error.status >= 500) onFailure(error)
  })
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, asideMs)
  await Promise.race([marked, late.promise])
  clearTimeout(timer)
}

/**
 * Marks a conversation of mine read, up to a message's id or to its newest; never backwards. Throws
 * `conversation_not_found`, `message_not_found`.
 */
export async function markRead(
  store: Store,
  me: Principal,
  conversationId: number,
  upTo?: number
): Promise<void> {
  accepted(
    await store.write('markRead', {
      viewerId: me.userId,
      conversationId,
      upTo: upTo ?? null,
      now: Date.now()
    })
  )
}
