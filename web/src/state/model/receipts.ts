import type { Message } from '@parley/contract/messages'
import type { Participant } from '@parley/contract/participants'
import type { User } from '@parley/contract/people'
import { receiptsMax } from '@parley/contract/limits'

/**
 * Returns readers by message id: for each other participant, the newest of the user's messages that they have read. Sending a
 * message later also means having read it.
 */
export function readersOf(
  messages: readonly Message[],
  participants: readonly Participant[],
  me: User
): ReadonlyMap<string, User[]> {
  const readers = new Map<string, User[]>()
  if (participants.length > receiptsMax) return readers
  const waiting = new Map(
    participants.flatMap((participant) =>
      participant.user.id === me.id ? [] : [[participant.user.id, participant]]
    )
  )
  for (let index = messages.length - 1; index >= 0 && waiting.size > 0; index--) {
    const { id, mine, change, position, sender, createdAt } = messages[index]!
    waiting.delete(sender.id)
    if (!mine || change) continue
    for (const { user, readUpTo, joinedAt } of waiting.values()) {
      // Messages from before a participant joined count as read and show no receipt.
      if (readUpTo === null || readUpTo < position || joinedAt > createdAt) continue
      readers.set(id, [...(readers.get(id) ?? []), user])
      waiting.delete(user.id)
    }
  }
  return readers
}
