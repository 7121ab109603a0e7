import { participantsPageSize } from '@parley/contract/limits'
import type { Message } from '@parley/contract/messages'
import type { Participant, Role } from '@parley/contract/participants'
import type { Participants, State } from './state.ts'

type All = State['participants']

/** Takes a page, as the server gives it: the first replaces what is known, the others follow on it. */
export function withParticipantPage(
  all: All,
  conversationId: string,
  page: readonly Participant[],
  after: string | null
): All {
  const known = all[conversationId]
  const whole = page.length < participantsPageSize
  if (after === null) return { ...all, [conversationId]: { list: page, whole } }
  // The list was replaced in the meantime.
  if (known?.list.at(-1)?.user.id !== after) return all
  const here = new Set(known.list.map(({ user }) => user.id))
  const list = [...known.list, ...page.filter(({ user }) => !here.has(user.id))]
  return { ...all, [conversationId]: { list, whole } }
}

/** A participant read up to a position, or sent the message there. */
export function withReceipt(all: All, conversationId: string, userId: string, position: number): All {
  return change(all, conversationId, (known) => {
    const reader = known.list.find(({ user }) => user.id === userId)
    if (!reader || reader.readUpTo === null || reader.readUpTo >= position) return known
    return replace(known, { ...reader, readUpTo: position })
  })
}

/** Applies a system line: a participant joined, left or changed role. */
export function withLine(all: All, line: Message): All {
  return change(all, line.conversationId, (known) => {
    const { kind, user, role } = line.change ?? {}
    if (!user) return known
    const there = known.list.find((each) => each.user.id === user.id)
    switch (kind) {
      case 'participant_added':
        // New participants are on the last page.
        if (there || !known.whole) return known
        return { ...known, list: [...known.list, newcomer(known, line, { user, role: role ?? 'member' })] }
      case 'participant_removed':
        return there ? { ...known, list: known.list.filter((each) => each !== there) } : known
      case 'role_changed':
        return role ? withRole(known, user.id, role) : known
      default:
        return known
    }
  })
}

/** There is one owner: after a transfer the former one is an admin. */
function withRole({ list, whole }: Participants, userId: string, role: Role): Participants {
  const roleOf = (each: Participant) => {
    if (each.user.id === userId) return role
    return role === 'owner' && each.role === 'owner' ? 'admin' : each.role
  }
  return { list: list.map((each) => ({ ...each, role: roleOf(each) })), whole }
}

function newcomer(
  known: Participants,
  { createdAt: joinedAt, position }: Message,
  who: Pick<Participant, 'user' | 'role'>
): Participant {
  const receipts = known.list.every(({ readUpTo }) => readUpTo !== null)
  return { ...who, joinedAt, readUpTo: receipts ? position - 1 : null }
}

function change(all: All, conversationId: string, make: (known: Participants) => Participants): All {
  const known = all[conversationId]
  const made = known && make(known)
  return !made || made === known ? all : { ...all, [conversationId]: made }
}

function replace(known: Participants, participant: Participant): Participants {
  const list = known.list.map((each) => (each.user.id === participant.user.id ? participant : each))
  return { ...known, list }
}
