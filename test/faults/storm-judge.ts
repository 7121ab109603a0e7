import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import { may } from '@parley/contract/roles'
import type { Act, StormRequest } from './storm-requests.ts'
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

/** Possible answers: refusal codes, or null for success. */
type Codes = Set<string | null>

const sends = new Set<Act>(['message sent', 'message answered', 'message forwarded'])

/** Returns the timelines of all conversations; `idOf` maps usernames to user ids. */
export function timelinesOf(
  record: StormRecord,
  idOf: (username: string) => string
): (id: string) => Timeline | null {
  const started = new Map(
    record.requests.flatMap((request) =>
      request.title && request.usernames ? [[request.title, request] as const] : []
    )
  )
  const begun = (title: string) => {
    const request = started.get(title)
    return request && { history: request.history!, userIds: [request.by, ...request.usernames!.map(idOf)] }
  }
  const found = new Map<string, Timeline | null>()
  return (id) => {
    if (!found.has(id)) found.set(id, timelineOf(record.facts, id, begun, record.violate))
    return found.get(id)!
  }
}

/**
 * Checks each answer against the group's state at that time, as its system messages define it. A success must
 * have been permitted and have taken effect; a refusal must have had a reason. Returns how many answers could
 * be judged.
 */
export function judge(record: StormRecord, timeline: (id: string) => Timeline | null): number {
  const { facts, requests, violate } = record
  let judged = 0
  for (const request of requests) {
    const { act, answer, conversationId } = request
    if (!answer) continue
    if (act === 'group started') {
      const { id } = answer.body as Conversation
      const line = facts.messages.get(facts.orderOf(id)[1] ?? '')
      if (line && line.change?.title !== request.title)
        violate(`group ${id} does not begin as ${request.title}`)
      continue
    }
    const group = timeline(conversationId)
    const codes = group && codesOf(request, group)
    if (!codes) continue
    judged++
    // The first answer to a key holds for ever, also for a user who has left; the message's position proves
    // that they were a member.
    if (answer.code === null && sends.has(act)) continue
    if (!codes.has(answer.code)) {
      const may = [...codes].map((code) => code ?? 'taken').join(' or ')
      violate(
        `${describe(request)} was answered ${answer.status} ${answer.code ?? ''}; possible answers: ${may}`
      )
    } else if (answer.code === null && !isDone(request, group))
      violate(`${describe(request)} succeeded, but had no effect`)
  }
  for (const line of facts.messages.values()) {
    if (
      line.change &&
      line.change.kind !== 'conversation_created' &&
      !requests.some((request) => isCause(request, line))
    ) {
      violate(
        `no request explains system message ${line.id} of ${line.conversationId}: ${JSON.stringify(line.change)}`
      )
    }
  }
  // A user who had left before a stream was opened sees nothing of the group on it.
  for (const { userId, openedAt, firstShownAt } of record.connections) {
    for (const [id, at] of firstShownAt) {
      const group = timeline(id)
      if (group?.kind !== 'group') continue
      if (momentsWithin(group, openedAt, at).some(({ members }) => members.has(userId))) continue
      violate(
        `a stream of ${userId}, who was not in group ${id} since it opened, showed it after ${at - openedAt} ms`
      )
    }
  }
  return judged

  /** Returns every possible answer; null if too little was observed to tell. */
  function codesOf(request: StormRequest, group: Timeline): Codes | null {
    const { requestedAt, answer, messageId, act } = request
    const fact = messageId === undefined ? undefined : facts.messages.get(messageId)
    const codes: Codes = new Set()
    if (group.kind === 'direct') {
      codesFor(request, { role: 'member', visibleFrom: 0 }, fact, codes)
    } else {
      for (const moment of momentsWithin(group, requestedAt, answer!.at))
        codesIn(request, moment, fact, codes)
    }
    if (act !== 'message forwarded') return codes
    // A forwarded message is checked first.
    if (fact!.deletedAt !== null && fact!.deletedAt <= answer!.at) codes.add('message_deleted')
    const source = timeline(fact!.conversationId)
    if (!source) return null
    for (const moment of momentsWithin(source, requestedAt, answer!.at)) {
      const there = moment.members.get(request.by)
      if (!there || fact!.position <= there.visibleFrom) codes.add('message_not_found')
    }
    return codes
  }

  function isDone(request: StormRequest, group: Timeline): boolean {
    const { act, requestedAt, answer, conversationId, title, whom, role, messageId, version } = request
    const fact = facts.messages.get(messageId ?? '')
    const isThere = (changed: (moment: Moment) => boolean) =>
      momentsWithin(group, requestedAt, answer!.at).some((moment) => changed(moment))
    const line = () =>
      facts.orderOf(conversationId).some((id) => {
        const fact = facts.messages.get(id ?? '')
        return fact?.change && fact.createdAt <= answer!.at && isCause(request, fact)
      })
    switch (act) {
      // Idempotent: a retry changes nothing.
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
        // A group without members cannot be checked.
        return !fact!.isSettled || fact!.deletedAt !== null
      case 'message edited':
        return version === undefined || (answer!.body as Message).version === version + 1
      default:
        return true
    }
  }
}

function describe({
  act,
  by,
  conversationId,
  whom,
  role,
  messageId,
  version,
  requestedAt,
  answer
}: StormRequest): string {
  const details = JSON.stringify({ conversationId, whom, role, messageId, version })
  return `"${act}" by ${by} ${details}, asked ${answer!.at - requestedAt} ms before,`
}

/**
 * Returns whether an act caused a system message. An unanswered act may have been executed at any later time.
 */
function isCause(request: StormRequest, { change, conversationId, senderId, createdAt }: Fact): boolean {
  const { act, by, whom, role, title } = request
  if (request.conversationId !== conversationId || by !== senderId || request.requestedAt > createdAt)
    return false
  const { kind, user } = change!
  if (kind === 'conversation_renamed') return act === 'group renamed' && title === change!.title
  if (kind === 'participant_added')
    return act === 'person added' && whom === user!.id && role === change!.role
  // When the owner leaves, another member becomes the owner.
  if (kind === 'role_changed' && act === 'person left') return change!.role === 'owner'
  if (kind === 'role_changed') return act === 'role changed' && whom === user!.id && role === change!.role
  return (act === 'person removed' || act === 'person left') && whom === user!.id
}

/** Adds the possible answers for the group's state at one moment. */
function codesIn(request: StormRequest, { members }: Moment, fact: Fact | undefined, codes: Codes): void {
  const me = members.get(request.by)
  if (!me) {
    codes.add('conversation_not_found')
    return
  }
  const whom = request.whom === undefined ? undefined : members.get(request.whom)
  const refuse = (isRefused: boolean, code: string) => isRefused && codes.add(code)
  switch (request.act) {
    case 'group renamed':
      if (!refuse(!may(me.role, 'rename'), 'not_allowed')) codes.add(null)
      return
    case 'person added': {
      const allowed =
        may(me.role, 'add_participant') && (request.role === 'member' || may(me.role, 'change_role'))
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
      return codesFor(request, me, fact, codes)
  }
}

/** Adds the possible answers for `me` about a message, or to a send. */
function codesFor(request: StormRequest, me: Member, fact: Fact | undefined, codes: Codes): void {
  const { act, by, version, requestedAt, answer } = request
  if (!fact || act === 'message forwarded') {
    codes.add(null)
    return
  }
  if (fact.position <= me.visibleFrom) codes.add('message_not_found')
  else if (act === 'conversation read' || act === 'conversation fetched') codes.add(null)
  else if (act === 'message deleted') {
    codes.add(fact.senderId === by || may(me.role, 'delete_any_message') ? null : 'not_your_message')
  } else {
    if (mayBeDeleted()) codes.add('message_deleted')
    if (fact.deletionSeenAt >= requestedAt) codes.add(null)
    const { current } = (answer!.body ?? {}) as { current?: { version?: number } }
    if (act === 'message edited' && version && (current?.version ?? 1) > version)
      codes.add('version_conflict')
  }

  function mayBeDeleted(): boolean {
    return fact!.deletedAt !== null && fact!.deletedAt <= answer!.at
  }
}
