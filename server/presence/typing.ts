import type { Signal } from '@parley/contract/events'
import { Problem } from '@parley/contract/problems'
import { signalsMax, typingThrottleSeconds } from '@parley/contract/limits'
import type { Store } from '../store.ts'
import type { Principal } from '../platform/principal.ts'
import { createThrottle } from '../platform/throttle.ts'

/** Signals that the caller is typing. Throws `conversation_not_found`. */
export type SendTyping = (me: Principal, conversationId: number) => Promise<void>

/**
 * Returns a function that sends a typing signal to the other members of a conversation with up to `signalsMax` members. Members
 * are looked up each time, so a removed member neither sends nor receives one. Signals that come too soon are dropped.
 */
export function createTyping(
  store: Pick<Store, 'read'>,
  tell: (userIds: number[], signal: Signal) => void
): SendTyping {
  const mayPass = createThrottle(typingThrottleSeconds * 1_000)
  return async function sendTyping(me, conversationId) {
    const input = { viewerId: me.userId, conversationId, limit: signalsMax + 1 }
    const everyone = await store.read('listAudience', input)
    if (everyone.length === 0) {
      throw new Problem('conversation_not_found')
    }
    if (everyone.length > signalsMax || !mayPass(`${conversationId} ${me.userId}`)) return
    const data = { conversationId: String(conversationId), userId: me.user.id }
    tell(
      everyone.filter((userId) => userId !== me.userId),
      { name: 'typing', data }
    )
  }
}
