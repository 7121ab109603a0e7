import type { User } from '@parley/contract/entities'
import type { History, Participants, State } from './model.ts'

/** Whom a conversation names, by their ids: who is in it, and who has said something. */
export function peopleOf(
  me: State['me'],
  history: History | undefined,
  participants: Participants | undefined
): ReadonlyMap<string, User> {
  const people = new Map<string, User>()
  for (const { sender, change } of history?.messages ?? []) {
    people.set(sender.id, sender)
    if (change?.user) people.set(change.user.id, change.user)
  }
  for (const { user } of participants?.list ?? []) people.set(user.id, user)
  return people.set(me.id, me)
}
