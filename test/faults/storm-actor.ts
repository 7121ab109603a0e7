import type { Message } from '@parley/contract/messages'
import type { Participant, Role } from '@parley/contract/participants'
import type { User } from '@parley/contract/people'
import { attemptWithFault } from './storm-response-faults.ts'
import type { Act, StormRequest } from './storm-requests.ts'
import { openStormLink, type Session, type Storm } from './storm-link.ts'
import type { PersonLog } from './storm-log.ts'
import { isInjecting, pause, randomOf, type Random } from './storm-record.ts'
import { keyOf } from './storm-writer.ts'
import type { ObservedConversation } from '../harness/observed-state.ts'

export type ActorOptions = {
  storm: Storm
  me: Session
  log: PersonLog
  /** Users that may be added to this user's groups. */
  friends: readonly User[]
  /** A direct conversation that also receives every act; some actors are not in it. */
  directId: string
  /** Makes the actor's keys unique. */
  number: number
}

/** An act and its request. */
type Proposal = {
  request: Omit<StormRequest, 'by' | 'requestedAt' | 'answer'>
  method: string
  path: string
  body?: { clientId?: string } & Record<string, unknown>
}

/** Relative frequency of each act. */
const weights: Record<Act, number> = {
  'group started': 0.05,
  'group renamed': 2,
  'person added': 8,
  'person removed': 5,
  'person left': 1,
  'role changed': 4,
  'message sent': 6,
  'message answered': 4,
  'message forwarded': 2,
  'message edited': 8,
  'message deleted': 5,
  'reaction added': 8,
  'reaction removed': 4,
  'conversation read': 4,
  // Fetched by other actors.
  'conversation fetched': 0
}
const moderators = new Set<Act>(['group renamed', 'person added', 'person removed', 'role changed'])
const emojis = ['👍', '❤️', '🎉', '👩‍👩‍👧‍👦']
const roles: Role[] = ['member', 'admin', 'admin', 'owner']
/** Actors choose among the newest messages and groups, so that they collide. */
const newest = 8

/** Performs every group act continuously, permitted or not; resolves in the calm. */
export async function runActor({ storm, me, log, friends, directId, number }: ActorOptions): Promise<void> {
  const { record } = storm
  const { username, id: by } = me.user
  const random = randomOf(storm.seed, `${username} acts`)
  const link = openStormLink(storm, `${username}, acting,`)
  let acted = 0

  /** Makes one attempt; returns null without a valid response. */
  async function attempt({ request, method, path, body }: Proposal, timeoutMs = 10_000) {
    const sent: StormRequest = { ...request, by, requestedAt: Date.now(), answer: null }
    record.requests.push(sent)
    const expected = [200, 201, 204, 403, 404, 409]
    const answer = await link.ask<Message & { code?: string; current?: Message }>({
      method,
      path,
      token: me.token,
      body,
      expected,
      timeoutMs
    })
    if (!answer) return null
    const { status, body: found } = answer
    sent.answer = { at: Date.now(), status, code: status < 300 ? null : found.code!, body: found }
    if (found.current) record.facts.see(found.current, `${username}'s conflict`)
    if (status >= 300) return answer
    if (body?.clientId) record.acknowledge(body.clientId, found)
    if (request.act === 'message edited') record.facts.acknowledge(found, `${username}'s edit`)
    return answer
  }

  /** Returns the current members of a group. */
  async function fetchMembers(conversationId: string): Promise<Set<string>> {
    const request = { act: 'conversation fetched', conversationId } as const
    const path = `/api/conversations/${conversationId}/participants`
    const answer = await attempt({ request, method: 'GET', path })
    const found = answer?.status === 200 ? (answer.body as unknown as Participant[]) : []
    return new Set(found.map(({ user }) => user.id))
  }

  while (isInjecting(record)) {
    await pause(random() * 100)
    const proposal = await propose()
    if (!proposal) continue
    const attemptIt = (timeoutMs?: number) => attempt(proposal, timeoutMs)
    const suffered = await attemptWithFault(
      { record, link, random },
      `${username}: ${proposal.request.act}`,
      attemptIt
    )
    // An unanswered request may have been executed: some actors retry it, others do not.
    const isKeyed = proposal.body?.clientId !== undefined
    const insists = isKeyed || (suffered && proposal.request.act !== 'group started' && random() < 0.6)
    if (suffered && !insists) continue
    for (let isOver = false; !isOver && !record.broken;) {
      isOver = (await attemptIt()) !== null || !insists
      if (!isOver) await pause(random() * 100)
    }
  }
  await link.close()

  function propose(): Proposal | null | Promise<Proposal | null> {
    const mine = log.observed.conversations
      .values()
      .filter(({ conversation: { kind, id } }) => kind === 'group' || id === directId)
      .toArray()
      .toSorted((a, b) => Number(a.conversation.id) - Number(b.conversation.id))
    const groups = mine.filter(({ conversation }) => conversation.kind === 'group')
    if (groups.length === 0) return startGroup()
    const act = pickByWeight(random)
    if (act === 'group started') return startGroup()
    const one = (some: ObservedConversation[]) => (random() < 0.5 ? some[0]! : pick(some, random)!)
    if (act === 'person left') return groupAct(act, one(groups))
    if (moderators.has(act)) {
      // Mostly groups where the act is permitted.
      const own = groups.filter(({ conversation: { role } }) => role !== 'member')
      return own.length > 0 && random() < 0.8 ? groupAct(act, pick(own, random)!) : groupAct(act, one(groups))
    }
    return messageAct(act, one(mine), mine)
  }

  function startGroup(): Proposal {
    const others = shuffled(friends, random).filter(({ id }) => id !== by)
    const usernames = others
      .slice(0, 2 + Math.floor(random() * (others.length - 1)))
      .map((each) => each.username)
    const title = `${username}'s group ${++acted}`
    const history = random() < 0.4 ? 'joined' : 'all'
    return {
      request: { act: 'group started', conversationId: '', title, usernames, history },
      method: 'POST',
      path: '/api/conversations',
      body: { title, usernames, history }
    }
  }

  /** An act of owners and admins, or leaving. */
  async function groupAct(
    act: Act,
    { conversation: { id: conversationId, role: mine } }: ObservedConversation
  ) {
    const path = `/api/conversations/${conversationId}`
    if (act === 'person left') {
      return {
        request: { act, conversationId, whom: by },
        method: 'DELETE',
        path: `${path}/participants/${by}`
      }
    }
    if (mine === 'member' && random() < 0.5) return null
    if (act === 'group renamed') {
      const title = `${username}'s title ${++acted}`
      return { request: { act, conversationId, title }, method: 'PATCH', path, body: { title } }
    }
    const there = await fetchMembers(conversationId)
    const fitting = friends.filter(({ id }) => id !== by && there.has(id) === (act !== 'person added'))
    const whom = pick(fitting.length > 0 && random() < 0.9 ? fitting : friends, random)!
    const memberPath = `${path}/participants/${whom.id}`
    if (whom.id === by) return null
    if (act === 'person removed') {
      return { request: { act, conversationId, whom: whom.id }, method: 'DELETE', path: memberPath }
    }
    if (act === 'person added') {
      const role = random() < 0.2 ? 'admin' : 'member'
      const body = { username: whom.username, role }
      const request = { act, conversationId, whom: whom.id, role } as const
      return { request, method: 'POST', path: `${path}/participants`, body }
    }
    const role = pick(roles, random)!
    return {
      request: { act, conversationId, whom: whom.id, role },
      method: 'PATCH',
      path: memberPath,
      body: { role }
    }
  }

  /** An act that writes a message or changes one. */
  function messageAct(
    act: Act,
    { conversation, messages }: ObservedConversation,
    mine: ObservedConversation[]
  ): Proposal | null {
    const { id: conversationId, role } = conversation
    const path = `/api/conversations/${conversationId}`
    const written = messages
      .values()
      .filter((each) => !each.change)
      .toArray()
      .slice(-newest)
    const message = pick(written, random)
    const clientId = keyOf(number, ++acted)
    const content = `${username}, act ${acted}${random() < 0.5 ? ` @${pick(friends, random)!.username}` : ''}`
    if (act === 'message sent') {
      record.facts.write(content)
      const body = { content, clientId }
      return { request: { act, conversationId }, method: 'POST', path: `${path}/messages`, body }
    }
    if (!message) return null
    const request = { act, conversationId, messageId: message.id }
    const place = `${path}/messages/${message.id}`
    switch (act) {
      case 'message answered': {
        record.facts.write(content)
        const body = { content, clientId, replyTo: message.id }
        return { request, method: 'POST', path: `${path}/messages`, body }
      }
      case 'message forwarded': {
        const to = pick(mine, random)!.conversation.id
        return {
          request: { ...request, conversationId: to },
          method: 'POST',
          path: `/api/conversations/${to}/messages`,
          body: { forwardOf: message.id, clientId }
        }
      }
      case 'message edited': {
        const own = pick(
          written.filter((each) => each.mine && !each.forwardedFrom),
          random
        )
        if (!own) return null
        record.facts.write(content)
        const version = random() < 0.6 ? (own.version ?? 1) : undefined
        return {
          request: { act, conversationId, messageId: own.id, ...(version && { version }) },
          method: 'PATCH',
          path: `${path}/messages/${own.id}`,
          body: { content, ...(version && { version }) }
        }
      }
      case 'message deleted':
        if (!message.mine && role === 'member' && random() < 0.8) return null
        return { request, method: 'DELETE', path: place }
      case 'conversation read':
        return { request, method: 'POST', path: `${path}/read_messages`, body: { upTo: message.id } }
      case 'reaction added':
        return react(act, message, pick(emojis, random)!)
      default: {
        const mine = written.flatMap((each) =>
          (each.reactions ?? [])
            .filter(({ userIds }) => userIds.includes(by))
            .map(({ emoji }) => ({ each, emoji }))
        )
        const { each, emoji } = pick(mine, random) ?? { each: message, emoji: pick(emojis, random)! }
        return react(act, each, emoji)
      }
    }
  }
}

function react(act: Act, { id: messageId, conversationId }: Message, emoji: string): Proposal {
  const path = `/api/conversations/${conversationId}/messages/${messageId}/reactions/${encodeURIComponent(emoji)}`
  const method = act === 'reaction added' ? 'PUT' : 'DELETE'
  return { request: { act, conversationId, messageId, emoji }, method, path }
}

function pickByWeight(random: Random): Act {
  const entries = Object.entries(weights) as [Act, number][]
  let rest = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  return entries.find(([, weight]) => (rest -= weight) < 0)![0]
}

/** Returns undefined for an empty list. */
function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[Math.floor(random() * items.length)]
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
