import { emojiOf } from '@parley/contract/text/emoji'
import { fieldProblem } from '@parley/contract/problems'
import type { Store } from '../store.ts'
import type { MessagePlace } from './message-changes.ts'
import { accepted } from '../platform/storage/outcomes.ts'
import type { Principal } from '../platform/principal.ts'

/** An emoji of mine on a message of a conversation of mine. */
export type NewReaction = MessagePlace & { emoji: string }

/**
 * Puts an emoji of mine on a message; again it changes nothing. Throws `validation_failed`, `conversation_not_found`,
 * `message_not_found`, `not_allowed`, `message_deleted`, `too_many_reactions`.
 */
export async function addReaction(store: Store, me: Principal, reaction: NewReaction): Promise<void> {
  accepted(await store.write('addReaction', { viewerId: me.userId, ...qualified(reaction), now: Date.now() }))
}

/** Takes an emoji of mine off a message, if it is there. Throws what `addReaction` throws. */
export async function removeReaction(store: Store, me: Principal, reaction: NewReaction): Promise<void> {
  accepted(
    await store.write('removeReaction', { viewerId: me.userId, ...qualified(reaction), now: Date.now() })
  )
}

/** A reaction in the one form of its emoji. */
function qualified(reaction: NewReaction): NewReaction {
  const emoji = emojiOf(reaction.emoji)
  if (emoji !== null) return { ...reaction, emoji }
  throw fieldProblem('emoji', { code: 'invalid_format', format: 'emoji' })
}
