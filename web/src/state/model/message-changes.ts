import type { Message } from '@parley/contract/messages'

/** Returns the newer of two versions of a message; the known one if they are equal. */
export function newerOf(known: Message | null | undefined, update: Message): Message {
  if (!known) return update
  return versionOf(update) > versionOf(known) ? update : known
}

/** Returns a message after an edit or a deletion. Reactions have events of their own; a tombstone has none. */
export function afterChange(known: Message, update: Message): Message {
  if (versionOf(update) <= versionOf(known)) return known
  const { reactions: _, ...changed } = update
  return known.reactions && !update.deletedAt ? { ...changed, reactions: known.reactions } : changed
}

/** Returns a message with a user's reaction added or removed. */
export function withReaction(
  message: Message,
  { userId, emoji }: { userId: string; emoji: string },
  there: boolean
): Message {
  const { reactions = [], ...bare } = message
  const userIds = reactions.find((each) => each.emoji === emoji)?.userIds ?? []
  if (message.deletedAt || userIds.includes(userId) === there) return message
  const changed = { emoji, userIds: there ? [...userIds, userId] : userIds.filter((id) => id !== userId) }
  const left = [...reactions.filter((each) => each.emoji !== emoji), changed]
    .filter((each) => each.userIds.length > 0)
    // As the server orders them, so that they are the same everywhere.
    .sort((a, b) => (a.emoji < b.emoji ? -1 : 1))
  return left.length > 0 ? { ...bare, reactions: left } : bare
}

export function versionOf(message: Message): number {
  return message.version ?? 1
}
