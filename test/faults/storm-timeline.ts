import type { Change } from '@parley/contract/messages'
import type { Role } from '@parley/contract/participants'
import { may } from '@parley/contract/roles'
import type { StormRequest } from './storm-requests.ts'
import type { Fact, Facts } from './storm-facts.ts'

export type Member = { readonly role: Role; readonly visibleFrom: number }

/** A group's state between two system messages; `from` and `to` (ms) are its widest possible bounds. */
export type Moment = {
  readonly position: number
  readonly title: string | null
  readonly members: ReadonlyMap<string, Member>
  readonly from: number
  to: number
}

/** All states of a group in order, from its system messages. Null if some of those were not observed. */
export type Timeline = { readonly kind: 'group' | 'direct'; readonly moments: readonly Moment[] }

type Begun = Pick<StormRequest, 'history'> & { userIds: readonly string[] }

/** `begun` maps a title to the request that created the group. */
export function timelineOf(
  facts: Facts,
  conversationId: string,
  begun: (title: string) => Begun | undefined,
  violate: (what: string) => void
): Timeline | null {
  const order = facts.orderOf(conversationId)
  const seen = Array.from({ length: order.length - 1 }, (_, i) => facts.messages.get(order[i + 1] ?? ''))
  if (seen.includes(undefined) || !seen[0]) return null
  const messages = seen as Fact[]
  const moments: Moment[] = []
  let joined = false
  for (const message of messages) {
    const { change, senderId, position, id } = message
    const now = moments.at(-1)
    if (change?.kind === 'conversation_created') {
      const start = begun(change.title!)
      if (!start || now)
        violate(`system message ${id} starts group ${conversationId} without a matching request`)
      joined = start?.history === 'joined'
      const members = new Map<string, Member>(
        start?.userIds.map((userId) => [
          userId,
          { role: userId === senderId ? 'owner' : 'member', visibleFrom: 0 }
        ])
      )
      moments.push({ position, title: change.title!, members, from: message.createdAt, to: Infinity })
    } else if (!now) return { kind: 'direct', moments: [] }
    else if (!now.members.has(senderId))
      violate(`message ${id} at ${position} has a sender who was not a member`)
    else if (change) {
      const next = after(now, change, message, joined)
      if (typeof next === 'string')
        violate(`system message ${id} at ${position} of group ${conversationId}: ${next}`)
      else moments.push(next)
    }
  }
  // An observer of a later message proves that the system message before it existed.
  let seenAt = Infinity
  for (let i = messages.length - 1, moment = moments.length - 1; moment > 0; i--) {
    seenAt = Math.min(seenAt, messages[i]!.seenAt)
    if (messages[i]!.position !== moments[moment]!.position) continue
    moments[--moment]!.to = seenAt
  }
  return { kind: 'group', moments }
}

/** Returns a group's state after a system message, or a text that says why that message is impossible. */
function after(now: Moment, change: Change, line: Fact, joined: boolean): Moment | string {
  const { kind, user, role, title, participantCount } = change
  const members = new Map(now.members)
  const by = now.members.get(line.senderId)!
  const whom = user && now.members.get(user.id)
  if (kind === 'conversation_renamed') {
    if (!may(by.role, 'rename')) return `the ${by.role} may not rename it`
  } else if (kind === 'participant_added') {
    if (!may(by.role, 'add_participant') || (role === 'admin' && !may(by.role, 'change_role')))
      return `the ${by.role} may not add ${user!.username} as ${role}`
    if (whom) return `${user.username} was already a member`
    members.set(user!.id, { role: role!, visibleFrom: joined ? line.position - 1 : 0 })
  } else if (!whom) return `${user!.username} was not a member`
  else if (kind === 'role_changed') {
    if (!may(by.role, 'change_role')) return `the ${by.role} may not make ${user.username} ${role}`
    if (whom.role === role) return `${user.username} was ${role}`
    if (role === 'owner') members.set(line.senderId, { ...by, role: 'admin' })
    members.set(user.id, { ...whom, role: role! })
  } else {
    const leaves = user.id === line.senderId
    if (!leaves && !mayRemove(by.role, whom.role)) return `the ${by.role} may not remove the ${whom.role}`
    if (leaves && whom.role === 'owner' && members.size > 1) return `an owner left, and no one is the owner`
    members.delete(user.id)
  }
  const counts = kind === 'participant_added' || kind === 'participant_removed'
  if (counts && participantCount !== members.size)
    return `it states ${participantCount} members, but there are ${members.size}`
  const owners = members
    .values()
    .filter(({ role }) => role === 'owner')
    .toArray().length
  if (members.size > 0 && owners !== 1) return `it has ${owners} owners`
  return {
    position: line.position,
    title: title ?? now.title,
    members,
    // It was dated before it waited for its lock, so it follows every earlier message.
    from: Math.max(now.from, line.createdAt),
    to: Infinity
  }
}

export function mayRemove(by: Role, whom: Role): boolean {
  return (whom === 'member' && may(by, 'remove_member')) || (whom === 'admin' && may(by, 'remove_admin'))
}

/** Returns every state that the group may have had between the two times (ms). */
export function momentsWithin({ moments }: Timeline, from: number, to: number): Moment[] {
  return moments.filter((moment) => moment.from <= to && moment.to >= from)
}
