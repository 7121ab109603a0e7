import { Problem } from '@parley/contract/errors'
import type { Store } from '../storage/store.ts'
import type { Principal } from './sessions.ts'

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
  const refusal = await store.write('markRead', {
    viewerId: me.userId,
    conversationId,
    upTo: upTo ?? null,
    now: Date.now()
  })
  if (refusal) throw new Problem(refusal.refused)
}
