import { isDeepStrictEqual } from 'node:util'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { Participant } from '@parley/contract/participants'
import type { LogEvent } from '@parley/contract/events'
import type { Api } from '../harness/api.ts'
import { openStream } from '../harness/stream.ts'
import { ObservedState } from '../harness/observed-state.ts'
import type { Crowd } from './storm-crowd.ts'
import { fetchHistories, fetchMessages } from './storm-histories.ts'
import { judge, timelinesOf } from './storm-judge.ts'
import { keptMessages, readIdentity, type PersonLog } from './storm-log.ts'
import type { StormRecord } from './storm-record.ts'
import type { Timeline } from './storm-timeline.ts'

/** What a user's requests return in the calm. */
export type FetchedState = {
  readonly cursor: string
  readonly conversations: readonly Conversation[]
  /** By conversation, newest first: as many as a reader keeps. */
  readonly messages: ReadonlyMap<string, readonly Message[]>
  readonly participants: ReadonlyMap<string, readonly Participant[]>
}

async function fetchState(record: StormRecord, api: Api): Promise<FetchedState> {
  const first = await api.get<Conversation[]>('/api/conversations')
  const conversations = first.body
  for (let page = first.body; page.length > 0;) {
    page = (await api.get<Conversation[]>(`/api/conversations?before=${page.at(-1)!.id}`)).body
    conversations.push(...page)
  }
  const messages = new Map<string, Message[]>()
  const participants = new Map<string, Participant[]>()
  for (const { id } of conversations) {
    messages.set(id, await fetchMessages(record, api, id, keptMessages))
    participants.set(id, (await api.get<Participant[]>(`/api/conversations/${id}/participants`)).body)
  }
  return { cursor: first.headers.get('event-cursor')!, conversations, messages, participants }
}

/** Checks that a reader's observed state equals the fetched state. */
function compareObserved(
  record: StormRecord,
  who: string,
  observed: ObservedState,
  fetched: FetchedState
): void {
  const expectSame = (what: string, known: unknown, fetched: unknown) => {
    if (isDeepStrictEqual(known, fetched)) return
    const [says, gets] = [known, fetched].map((each) => JSON.stringify(each))
    record.violate(`${who} has ${what} as ${says}; GET returns ${gets}`)
  }
  const known = observed.conversations
    .values()
    .filter(({ conversation }) => conversation.lastMessage !== null)
    .toArray()
  const newestFirst = known
    .map(({ conversation }) => conversation)
    .toSorted((a, b) => Number(b.lastMessage!.id) - Number(a.lastMessage!.id))
  expectSame(
    'the list',
    newestFirst.map(({ id }) => id),
    fetched.conversations.map(({ id }) => id)
  )
  for (const [i, conversation] of newestFirst.entries()) {
    expectSame(`conversation ${conversation.id}`, conversation, fetched.conversations[i])
  }
  for (const { conversation, messages, marks } of known) {
    const { id } = conversation
    const page = fetched.messages.get(id) ?? []
    for (const [i, message] of messages.values().toArray().toReversed().entries()) {
      expectSame(`message ${message.id}`, message, page[i])
    }
    for (const { user, readUpTo } of fetched.participants.get(id) ?? []) {
      expectSame(`the read position of ${user.username} in ${id}`, marks.get(user.id) ?? readUpTo, readUpTo)
    }
  }
}

/**
 * Replays a whole log: it must show exactly the user's events, `gone` for the rest, and give the same state.
 */
async function audit(
  record: StormRecord,
  api: Api,
  log: PersonLog,
  { fetched, timeline }: { fetched: FetchedState; timeline: (id: string) => Timeline | null }
): Promise<void> {
  const { facts } = record
  const { id: me } = api.user
  const observed = new ObservedState(me, keptMessages)
  const name = `${log.person.name}, replaying everything,`
  const mine = new Set(fetched.conversations.map(({ id }) => id))

  const visibleFrom = (id: string) => timeline(id)?.moments.at(-1)?.members.get(me)?.visibleFrom ?? 0

  for (const [id, messages] of fetched.messages) {
    const oldest = messages.at(-1)?.position ?? Infinity
    if (oldest <= visibleFrom(id))
      record.violate(`${name} received ${oldest} of ${id}, from before they joined`)
  }

  /** Returns null if it cannot be determined. */
  function isShown(identity: string | null): boolean | null {
    if (identity === null) return null
    const { name: event, conversationId, messageId } = readIdentity(identity)
    const fact = facts.messages.get(messageId ?? '')
    // The event of a user's own removal stays readable.
    if (event === 'participant_removed' && fact?.change?.user?.id === me) return true
    // A direct conversation without messages is in no list.
    if (!mine.has(conversationId) && timeline(conversationId)?.kind !== 'group') return null
    if (!mine.has(conversationId)) return false
    if (event === 'conversation_created' || event === 'read') return true
    if (!fact) return null
    return (
      fact.position > visibleFrom(conversationId) &&
      !(event.startsWith('reaction_') && fact.deletedAt !== null)
    )
  }

  for (let seq = 0; seq < log.head && !record.broken;) {
    const stream = await openStream(api.url, api.token, {
      lastEventId: formatCursor({ epoch: log.epoch, seq })
    })
    const connection = record.connect(me)
    try {
      while (seq < log.head && !record.broken) {
        const { name: event, id, data } = await stream.next()
        if (id === null) continue
        seq++
        if (event === 'reset') record.violate(`${name} was reset at ${seq}: ${JSON.stringify(data)}`)
        const identity = log.identities[seq - 1] ?? null
        const expected = isShown(identity)
        if (expected !== null && expected !== (event !== 'gone')) {
          record.violate(
            `${name} received ${event} at ${seq}, where ${identity} is ${expected ? 'theirs' : 'not theirs'}`
          )
        }
        const logEvent = { name: event, data } as LogEvent
        log.take(seq, logEvent, name, connection)
        observed.apply(logEvent)
      }
    } catch {
      // The stream reached its maximum lifetime; the next one resumes.
    }
    stream.cut()
  }
  compareObserved(record, name, observed, fetched)
}

/**
 * Checks the final state: every reader is at the head with the refetched state, nothing is missing or extra,
 * and every answer was possible. Returns how many answers could be judged.
 */
export async function settle(
  record: StormRecord,
  people: readonly Api[],
  crowds: readonly Crowd[],
  until: (isThere: () => boolean) => Promise<void>
): Promise<number> {
  const states = await fetchStates(record, people, crowds, until)
  for (const [i, crowd] of crowds.entries()) compareCrowd(record, crowd, states[i]!)
  await fetchHistories(record, people, states)
  const ids = new Map(people.map(({ user }) => [user.username, user.id]))
  const timeline = timelinesOf(record, (username) => ids.get(username)!)
  for (const [i, api] of people.entries()) {
    if (record.broken) return 0
    const { log } = crowds[i]!
    await audit(record, api, log, { fetched: states[i]!, timeline })
    log.settle((messageId) => record.facts.messages.get(messageId)?.deletedAt !== null)
  }
  return judge(record, timeline)
}

/** Fetches every user's state once no more events arrive: a request that was held back may execute late. */
async function fetchStates(
  record: StormRecord,
  people: readonly Api[],
  crowds: readonly Crowd[],
  until: (isThere: () => boolean) => Promise<void>
): Promise<FetchedState[]> {
  for (let attempt = 1; ; attempt++) {
    const states: FetchedState[] = []
    for (const api of people) states.push(await fetchState(record, api))
    const heads = states.map(({ cursor }) => parseCursor(cursor)!.seq)
    await until(() => crowds.every(({ readers }, i) => readers.every(({ seq }) => seq >= heads[i]!)))
    const cursors = await Promise.all(
      people.map(async (api) => (await api.get('/api/conversations')).headers.get('event-cursor'))
    )
    if (attempt === 20 || record.broken || cursors.every((cursor, i) => cursor === states[i]!.cursor))
      return states
  }
}

function compareCrowd(record: StormRecord, { log, readers }: Crowd, fetched: FetchedState): void {
  const { seq: head } = parseCursor(fetched.cursor)!
  for (const { name, seq, state, observed } of readers) {
    if (seq === head) compareObserved(record, name, observed, fetched)
    else record.violate(`${name} is at ${seq}, its log at ${head}; ${state}`)
  }
  compareObserved(record, `the first reader of ${log.person.name}'s log`, log.observed, fetched)
  for (const [key, message] of record.acknowledged) {
    const { conversation } = log.observed.conversations.get(message.conversationId) ?? {}
    if (conversation?.kind === 'direct' && !log.delivered.has(message.id)) {
      record.violate(
        `message ${message.id} (${key}) was acknowledged, but ${log.person.name} never received it`
      )
    }
  }
}
