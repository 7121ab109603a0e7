import type { Change, Role } from '@parley/contract/entities'
import { may } from '@parley/contract/roles'
import type { Ask } from './storm-asks.ts'
import type { Fact, Facts } from './storm-facts.ts'

export type Member = { readonly role: Role; readonly visibleFrom: number }

/** What a group was between two of its lines; `from` and `to` (ms) are the longest that it can have been. */
export type Moment = {
  readonly position: number
  readonly title: string | null
  readonly members: ReadonlyMap<string, Member>
  readonly from: number
  to: number
}

/** Everything that a group was, in order: its lines say it. Null where not all of them were seen. */
export type Timeline = { readonly kind: 'group' | 'direct'; readonly moments: readonly Moment[] }

type Begun = Pick<Ask, 'history'> & { userIds: readonly string[] }

/** `begun`: how it was asked to be, by its title. */
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
      if (!start || now) violate(`line ${id} starts group ${conversationId} as nobody asked`)
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
      violate(`message ${id} at ${position} is of somebody who was not there`)
    else if (change) {
      const next = after(now, change, message, joined)
      if (typeof next === 'string') violate(`line ${id} at ${position} of group ${conversationId}: ${next}`)
      else moments.push(next)
    }
  }
  // Whoever saw a later message knows that the line before it was there.
  let seenAt = Infinity
  for (let i = messages.length - 1, moment = moments.length - 1; moment > 0; i--) {
    seenAt = Math.min(seenAt, messages[i]!.seenAt)
    if (messages[i]!.position !== moments[moment]!.position) continue
    moments[--moment]!.to = seenAt
  }
  return { kind: 'group', moments }
}

/** What a group is after a line; a text says why there can be no such line. */
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
    if (whom) return `${user.username} was there`
    members.set(user!.id, { role: role!, visibleFrom: joined ? line.position - 1 : 0 })
  } else if (!whom) return `${user!.username} was not there`
  else if (kind === 'role_changed') {
    if (!may(by.role, 'change_role')) return `the ${by.role} may not make ${user.username} ${role}`
    if (whom.role === role) return `${user.username} was ${role}`
    if (role === 'owner') members.set(line.senderId, { ...by, role: 'admin' })
    members.set(user.id, { ...whom, role: role! })
  } else {
    const leaves = user.id === line.senderId
    if (!leaves && !mayRemove(by.role, whom.role)) return `the ${by.role} may not remove the ${whom.role}`
    if (leaves && whom.role === 'owner' && members.size > 1) return `an owner left, and nobody is the owner`
    members.delete(user.id)
  }
  const counts = kind === 'participant_added' || kind === 'participant_removed'
  if (counts && participantCount !== members.size)
    return `it says ${participantCount}, they are ${members.size}`
  const owners = members
    .values()
    .filter(({ role }) => role === 'owner')
    .toArray().length
  if (members.size > 0 && owners !== 1) return `it has ${owners} owners`
  return {
    position: line.position,
    title: title ?? now.title,
    members,
    // Dated before it waited for its turn: it comes after whatever came before it.
    from: Math.max(now.from, line.createdAt),
    to: Infinity
  }
}

export function mayRemove(by: Role, whom: Role): boolean {
  return (whom === 'member' && may(by, 'remove_member')) || (whom === 'admin' && may(by, 'remove_admin'))
}

/** Everything that it may have been at some time between the two (ms). */
export function momentsWithin({ moments }: Timeline, from: number, to: number): Moment[] {
  return moments.filter((moment) => moment.from <= to && moment.to >= from)
}
