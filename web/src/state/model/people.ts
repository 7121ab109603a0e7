import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import type { History, State } from './state.ts'

export type People = ReadonlyMap<string, User>

/** Names by ids, mine as `You`. */
export function namesOf(userIds: readonly string[], people: People, me?: User): string[] {
  return userIds.map((id) =>
    id === me?.id ? t({ message: 'you', context: 'among names' }) : (people.get(id)?.username ?? t`Someone`)
  )
}

/** Gives the same map for as long as the same people are known. */
export function peopleSelector(): (state: State) => People {
  let people: People = new Map()
  let seen: State | null = null
  return (state) => {
    const { me, entries, histories, participants } = state
    const same =
      seen?.me === me &&
      seen.entries === entries &&
      seen.histories === histories &&
      seen.participants === participants
    if (same) return people
    seen = state
    const found = knownUsers(state)
    const known = found.size === people.size && Array.from(found.values()).every(isKnown)
    if (!known) people = found
    return people
  }

  function isKnown({ id, username, avatarURL }: User): boolean {
    const known = people.get(id)
    return known?.username === username && known.avatarURL === avatarURL
  }
}

function knownUsers({ me, entries, histories, participants }: State): People {
  const people = new Map<string, User>()
  const add = (user: User | null | undefined) => user && people.set(user.id, user)
  for (const history of Object.values(histories)) for (const user of namedIn(history)) add(user)
  for (const { otherParticipant, lastMessage } of Object.values(entries)) {
    add(lastMessage?.sender)
    add(otherParticipant)
  }
  for (const { list } of Object.values(participants)) for (const { user } of list) add(user)
  return people.set(me.id, me)
}

const named = new WeakMap<History, readonly User[]>()

/** Whom a history names: who said something, who was quoted or passed on, who came and went. */
function namedIn(history: History): readonly User[] {
  const known = named.get(history)
  if (known) return known
  const users = new Map<string, User>()
  for (const { sender, change, replyTo, forwardedFrom } of history.messages) {
    for (const user of [forwardedFrom, replyTo?.sender, change?.user, sender])
      if (user) users.set(user.id, user)
  }
  const list = Array.from(users.values())
  named.set(history, list)
  return list
}
