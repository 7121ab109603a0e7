import type { Conversation, Message } from '@parley/contract/entities'
import { may } from '@parley/contract/roles'
import type { Act, Ask } from './storm-asks.ts'
import type { Fact } from './storm-facts.ts'
import type { StormRecord } from './storm-record.ts'
import {
  mayRemove,
  momentsWithin,
  timelineOf,
  type Member,
  type Moment,
  type Timeline
} from './storm-timeline.ts'

/** An answer that may have been given: a refusal's code, or null for none. */
type Codes = Set<string | null>

const sends = new Set<Act>(['message sent', 'message answered', 'message forwarded'])

/** The timelines of all conversations; `idOf` gives a user's id by their name. */
export function timelinesOf(
  record: StormRecord,
  idOf: (username: string) => string
): (id: string) => Timeline | null {
  const started = new Map(
    record.asks.flatMap((ask) => (ask.title && ask.usernames ? [[ask.title, ask] as const] : []))
  )
  const begun = (title: string) => {
    const ask = started.get(title)
    return ask && { history: ask.history!, userIds: [ask.by, ...ask.usernames!.map(idOf)] }
  }
  const found = new Map<string, Timeline | null>()
  return (id) => {
    if (!found.has(id)) found.set(id, timelineOf(record.facts, id, begun, record.violate))
    return found.get(id)!
  }
}

/**
 * Holds each answer against what the group was at the time, as its lines say: what was taken must have been allowed, and
 * have been done; what was refused must have been refusable. Gives how many could be judged.
 */
export function judge(record: StormRecord, timeline: (id: string) => Timeline | null): number {
  const { facts, asks, violate } = record
  let judged = 0
  for (const ask of asks) {
    const { act, answer, conversationId } = ask
    if (!answer) continue
    if (act === 'group started') {
      const { id } = answer.body as Conversation
      const line = facts.messages.get(facts.orderOf(id)[1] ?? '')
      if (line && line.change?.title !== ask.title) violate(`group ${id} does not begin as ${ask.title}`)
      continue
    }
    const group = timeline(conversationId)
    const codes = group && codesOf(ask, group)
    if (!codes) continue
    judged++
    // The first answer to a key holds for ever, also for who has left since; that they were there its place says.
    if (answer.code === null && sends.has(act)) continue
    if (!codes.has(answer.code)) {
      const may = [...codes].map((code) => code ?? 'taken').join(' or ')
      violate(`${told(ask)} was answered ${answer.status} ${answer.code ?? ''}; it could be ${may}`)
    } else if (answer.code === null && !isDone(ask, group))
      violate(`${told(ask)} was taken, and is not there`)
  }
  for (const line of facts.messages.values()) {
    if (
      line.change &&
      line.change.kind !== 'conversation_created' &&
      !asks.some((ask) => isCause(ask, line))
    ) {
      violate(`nobody asked for line ${line.id} of ${line.conversationId}: ${JSON.stringify(line.change)}`)
    }
  }
  // Whoever had left when a stream was opened sees nothing of the group on it.
  for (const { userId, openedAt, shown } of record.connections) {
    for (const [id, at] of shown) {
      const group = timeline(id)
      if (group?.kind !== 'group') continue
      if (momentsWithin(group, openedAt, at).some(({ members }) => members.has(userId))) continue
      violate(
        `a stream of ${userId}, not in group ${id} from its opening on, showed it after ${at - openedAt} ms`
      )
    }
  }
  return judged

  /** Every answer that there may have been; null where not enough was seen to say. */
  function codesOf(ask: Ask, group: Timeline): Codes | null {
    const { askedAt, answer, messageId, act } = ask
    const fact = messageId === undefined ? undefined : facts.messages.get(messageId)
    const codes: Codes = new Set()
    if (group.kind === 'direct') {
      codesFor(ask, { role: 'member', visibleFrom: 0 }, fact, codes)
    } else {
      for (const moment of momentsWithin(group, askedAt, answer!.at)) codesIn(ask, moment, fact, codes)
    }
    if (act !== 'message forwarded') return codes
    // What is passed on is looked at first.
    if (fact!.deletedAt !== null && fact!.deletedAt <= answer!.at) codes.add('message_deleted')
    const source = timeline(fact!.conversationId)
    if (!source) return null
    for (const moment of momentsWithin(source, askedAt, answer!.at)) {
      const there = moment.members.get(ask.by)
      if (!there || fact!.position <= there.visibleFrom) codes.add('message_not_found')
    }
    return codes
  }

  function isDone(ask: Ask, group: Timeline): boolean {
    const { act, askedAt, answer, conversationId, title, whom, role, messageId, version } = ask
    const fact = facts.messages.get(messageId ?? '')
    const isThere = (changed: (moment: Moment) => boolean) =>
      momentsWithin(group, askedAt, answer!.at).some((moment) => changed(moment))
    const line = () =>
      facts.orderOf(conversationId).some((id) => {
        const fact = facts.messages.get(id ?? '')
        return fact?.change && fact.createdAt <= answer!.at && isCause(ask, fact)
      })
    switch (act) {
      // Asked again it changes nothing.
      case 'group renamed':
        return line() || isThere((moment) => moment.title === title)
      case 'person removed':
      case 'person left':
        return line()
      case 'person added':
        return answer!.status === 200 ? isThere(({ members }) => members.has(whom!)) : line()
      case 'role changed':
        return line() || isThere(({ members }) => members.get(whom!)?.role === role)
      case 'message deleted':
        // Of a group that everybody left, nobody can say.
        return !fact!.isSettled || fact!.deletedAt !== null
      case 'message edited':
        return version === undefined || (answer!.body as Message).version === version + 1
      default:
        return true
    }
  }
}

function told({ act, by, conversationId, whom, role, messageId, version, askedAt, answer }: Ask): string {
  const details = JSON.stringify({ conversationId, whom, role, messageId, version })
  return `"${act}" by ${by} ${details}, asked ${answer!.at - askedAt} ms before,`
}

/** Whether an act made a line. What nobody answered may have been done at any time after. */
function isCause(ask: Ask, { change, conversationId, senderId, createdAt }: Fact): boolean {
  const { act, by, whom, role, title } = ask
  if (ask.conversationId !== conversationId || by !== senderId || ask.askedAt > createdAt) return false
  const { kind, user } = change!
  if (kind === 'conversation_renamed') return act === 'group renamed' && title === change!.title
  if (kind === 'participant_added')
    return act === 'person added' && whom === user!.id && role === change!.role
  // An owner who leaves makes somebody the owner.
  if (kind === 'role_changed' && act === 'person left') return change!.role === 'owner'
  if (kind === 'role_changed') return act === 'role changed' && whom === user!.id && role === change!.role
  return (act === 'person removed' || act === 'person left') && whom === user!.id
}

/** What a group of that moment answers. */
function codesIn(ask: Ask, { members }: Moment, fact: Fact | undefined, codes: Codes): void {
  const me = members.get(ask.by)
  if (!me) {
    codes.add('conversation_not_found')
    return
  }
  const whom = ask.whom === undefined ? undefined : members.get(ask.whom)
  const refuse = (isRefused: boolean, code: string) => isRefused && codes.add(code)
  switch (ask.act) {
    case 'group renamed':
      if (!refuse(!may(me.role, 'rename'), 'not_allowed')) codes.add(null)
      return
    case 'person added': {
      const allowed =
        may(me.role, 'add_participant') && (ask.role === 'member' || may(me.role, 'change_role'))
      if (!refuse(!allowed, 'not_allowed')) codes.add(null)
      return
    }
    case 'role changed':
      if (refuse(!may(me.role, 'change_role'), 'not_allowed')) return
      if (!refuse(!whom, 'participant_not_found')) codes.add(null)
      return
    case 'person left':
      codes.add(null)
      return
    case 'person removed':
      if (refuse(!may(me.role, 'remove_member'), 'not_allowed')) return
      if (refuse(!whom, 'participant_not_found')) return
      if (!refuse(!mayRemove(me.role, whom!.role), 'not_allowed')) codes.add(null)
      return
    default:
      return codesFor(ask, me, fact, codes)
  }
}

/** What is answered to `me` about a message, or to one that is sent. */
function codesFor(ask: Ask, me: Member, fact: Fact | undefined, codes: Codes): void {
  const { act, by, version, askedAt, answer } = ask
  if (!fact || act === 'message forwarded') {
    codes.add(null)
    return
  }
  if (fact.position <= me.visibleFrom) codes.add('message_not_found')
  else if (act === 'conversation read' || act === 'conversation looked at') codes.add(null)
  else if (act === 'message deleted') {
    codes.add(fact.senderId === by || may(me.role, 'delete_any_message') ? null : 'not_your_message')
  } else {
    if (mayBeDeleted()) codes.add('message_deleted')
    if (fact.deletionSeenAt >= askedAt) codes.add(null)
    const { current } = (answer!.body ?? {}) as { current?: { version?: number } }
    if (act === 'message edited' && version && (current?.version ?? 1) > version)
      codes.add('version_conflict')
  }

  function mayBeDeleted(): boolean {
    return fact!.deletedAt !== null && fact!.deletedAt <= answer!.at
  }
}
