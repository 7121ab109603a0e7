import type { Change, Message } from '@parley/contract/messages'
import type { Role } from '@parley/contract/participants'
import type { User } from '@parley/contract/people'
import type { Entry, State } from './state.ts'

type Entries = State['entries']

/** What a line says of a conversation: how many are in it, its title, my role. */
export function withLineAbout(entries: Entries, line: Message, me: User): Entries {
  const entry = entries[line.conversationId]
  return entry ? { ...entries, [entry.id]: afterLine(entry, line, me) } : entries
}

/** A conversation that is mine no more. */
export function withoutConversation(state: State, { conversationId }: Message): State {
  const { [conversationId]: _entry, ...entries } = state.entries
  const { [conversationId]: _history, ...histories } = state.histories
  const { [conversationId]: _people, ...participants } = state.participants
  const arrived = state.arrived?.conversationId === conversationId ? null : state.arrived
  const acknowledged = state.acknowledged.filter((item) => item.conversationId !== conversationId)
  return { ...state, entries, histories, participants, arrived, acknowledged }
}

function afterLine(entry: Entry, { change = {} }: { change?: Partial<Change> }, me: User): Entry {
  const { title = entry.title, participantCount = entry.participantCount } = change
  return { ...entry, title, participantCount, role: roleAfter(entry.role, change, me) }
}

/** Returns the user's role after a system line. There is one owner: after a transfer the former one is an admin. */
function roleAfter(mine: Role, { user, role }: Partial<Change>, me: User): Role {
  if (!role) return mine
  if (user?.id === me.id) return role
  return role === 'owner' && mine === 'owner' ? 'admin' : mine
}
