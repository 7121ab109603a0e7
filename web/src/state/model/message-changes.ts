import type { Message } from '@parley/contract/messages'

/** Which of two of the same message holds: what was edited or deleted later. Equal: the one that is known. */
export function newerOf(known: Message | null | undefined, told: Message): Message {
  if (!known) return told
  return versionOf(told) > versionOf(known) ? told : known
}

/** A message after it was edited or deleted. Its reactions have events of their own; a tombstone has none. */
export function afterChange(known: Message, told: Message): Message {
  if (versionOf(told) <= versionOf(known)) return known
  const { reactions: _, ...changed } = told
  return known.reactions && !told.deletedAt ? { ...changed, reactions: known.reactions } : changed
}

/** A message with somebody's emoji on it, or without. */
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
