import type { Socket } from 'node:net'
import type { ClientBase, QueryResult, QueryResultRow } from 'pg'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { encode, type Json } from '../platform/storage/json.ts'
import { encodeNewMessage, type Send, type SendOutcome } from './procedures.ts'
import { messageOf, userOf, type MessageColumns } from './rows.ts'
import { integersAsText, textsAsText } from '../platform/storage/postgres/array-text.ts'
import { sendStatements } from './postgres-statements.ts'

/** `outcomes` are of the first sends of the batch; the rest is for another transaction. */
type Sent = { outcomes: SendOutcome[]; committed: CommittedEvent[] }

/** A conversation under its lock: the position of its newest message, and who is in it, by id. */
type Conversation = { position: number; people: Map<number, User> }

/** A message that is new, at its place, as its sender and the others see it. */
type Placed = {
  send: Send
  id: number
  position: number
  people: number[]
  mine: Json<Message>
  others: Json<Message>
}

/**
 * Sends a batch, or as much of it as makes `most` events, in one transaction of a few set-based statements and two round
 * trips: first the locks and what is known, then everything that is written, with the COMMIT. Throws also where the outcome
 * is not known; the same batch again then finds its keys.
 *
 * Rows are locked conversations first, then participants, then heads, each in the order of their ids, as everywhere. The
 * lock of a conversation also settles races of one key: of two batches that hold it, the second looks it up after the
 * first has committed. The same key for two conversations at the same moment breaks on the unique index; tried again, it
 * is a mismatch.
 */
export async function sendBatch(client: ClientBase, sends: Send[], most: number): Promise<Sent> {
  try {
    const known = await lockAndRead(client, sends)
    const { outcomes, placed } = place(sends, known, most)
    if (placed.length > 0) return { outcomes, committed: await write(client, placed) }
    await client.query('ROLLBACK')
    return { outcomes, committed: [] }
  } catch (error) {
    // Where the transaction or the connection has ended already, this does nothing.
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

function run<Row extends QueryResultRow>(
  client: ClientBase,
  name: keyof typeof sendStatements,
  ...values: string[]
): Promise<QueryResult<Row>> {
  return client.query<Row>({ name, text: sendStatements[name], values })
}

type Known = {
  conversations: Map<number, Conversation>
  /** What keys were used for already. */
  keys: Map<string, { payloadHash: string; message: Json<Message> }>
  /** As many new ids of messages as there are sends. */
  ids: number[]
  /** Participants whose accounts are disabled. */
  disabled: Set<number>
}

type KnownRow = {
  people: [
    conversationId: number,
    userId: number,
    username: string,
    avatarUrl: string | null,
    disabled?: true
  ][]
  keys: (MessageColumns & { key: string; payload_hash: string })[]
  ids: number[]
}

async function lockAndRead(client: ClientBase, sends: Send[]): Promise<Known> {
  const conversationIds = integersAsText([...new Set(sends.map((send) => send.conversationId))])
  const senderIds = integersAsText(sends.map((send) => send.senderId))
  const keys = textsAsText(sends.map((send) => send.key))
  const [, locked, known] = await together(client, () => [
    client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    run<{ id: number; last_position: number }>(client, 'lockConversations', conversationIds),
    run<KnownRow>(client, 'readKnown', conversationIds, senderIds, keys)
  ])
  const { people, keys: found, ids } = known.rows[0]!
  const disabled = new Set<number>()
  const conversations = new Map<number, Conversation>()
  for (const row of locked.rows) conversations.set(row.id, { position: row.last_position, people: new Map() })
  for (const [conversationId, userId, username, avatarUrl, isDisabled] of people) {
    if (isDisabled) disabled.add(userId)
    const user = userOf({ user_id: userId, username, avatar_url: avatarUrl })
    conversations.get(conversationId)?.people.set(userId, user)
  }
  return {
    conversations,
    keys: new Map(
      found.map((row) => [
        `${row.user_id} ${row.key}`,
        { payloadHash: row.payload_hash, message: encode(messageOf(row, row.user_id)) }
      ])
    ),
    ids,
    disabled
  }
}

/** Decides each send in turn, until there are `most` events: its first answer, a refusal, or a place in its conversation. */
function place(
  sends: Send[],
  { conversations, keys, ids, disabled }: Known,
  most: number
): { outcomes: SendOutcome[]; placed: Placed[] } {
  const placed: Placed[] = []
  const outcomes: SendOutcome[] = []
  let events = 0
  for (const send of sends) {
    const key = `${send.senderId} ${send.key}`
    const known = keys.get(key)
    const conversation = conversations.get(send.conversationId)
    const sender = conversation?.people.get(send.senderId)
    if (known) {
      const { payloadHash, message } = known
      outcomes.push(payloadHash === send.payloadHash ? { message } : { refused: 'idempotency_mismatch' })
    } else if (!conversation || !sender) {
      outcomes.push({ refused: 'conversation_not_found' })
    } else if (disabled.has(send.senderId)) {
      outcomes.push({ refused: 'account_disabled' })
    } else {
      const people = [...conversation.people.keys()]
      events += people.length
      if (events > most && placed.length > 0) break
      const position = ++conversation.position
      const id = ids[placed.length]!
      const { mine, others } = encodeNewMessage(send, { id, position, sender })
      keys.set(key, { payloadHash: send.payloadHash, message: mine })
      placed.push({ send, id, position, people, mine, others })
      outcomes.push({ message: mine })
    }
  }
  return { outcomes, placed }
}

async function write(client: ClientBase, placed: Placed[]): Promise<CommittedEvent[]> {
  const sends = placed.map((each) => each.send)
  const logs = logsOf(placed)
  const events = logs.flatMap((log) => log.events)
  const mentions = placed.flatMap(({ send, position }) =>
    (send.extras?.mentions ?? []).map((id) => ({
      userId: Number(id),
      conversationId: send.conversationId,
      position
    }))
  )
  const [, logged, , commit] = await together(client, () => [
    run(
      client,
      'insertMessages',
      integersAsText(placed.map((each) => each.id)),
      integersAsText(sends.map((send) => send.conversationId)),
      integersAsText(placed.map((each) => each.position)),
      integersAsText(sends.map((send) => send.senderId)),
      textsAsText(sends.map((send) => send.content)),
      textsAsText(sends.map((send) => send.extras && JSON.stringify(send.extras))),
      integersAsText(sends.map((send) => send.now)),
      textsAsText(sends.map((send) => send.key)),
      textsAsText(sends.map((send) => send.payloadHash)),
      integersAsText(sends.map((send) => (send.clientId === null ? 0 : 1)))
    ),
    run<{ heads: [userId: number, head: number][] }>(
      client,
      'logEvents',
      integersAsText(logs.map((log) => log.userId)),
      integersAsText(logs.map((log) => log.events.length)),
      integersAsText(logs.map((log) => log.before)),
      integersAsText(events.map((event) => event.id)),
      integersAsText(events.map((event) => event.send.now))
    ),
    mentions.length > 0
      ? run(
          client,
          'insertMentions',
          integersAsText(mentions.map((each) => each.userId)),
          integersAsText(mentions.map((each) => each.conversationId)),
          integersAsText(mentions.map((each) => each.position))
        )
      : Promise.resolve(),
    client.query('COMMIT')
  ])
  // Postgres answers the COMMIT of a transaction that has failed with a ROLLBACK, and no error.
  if (commit.command !== 'COMMIT') throw new Error(`a batch of sends ended in ${commit.command}`)
  const heads = new Map(logged.rows[0]!.heads)
  for (const { userId, events } of logs) heads.set(userId, heads.get(userId)! - events.length)
  return placed.flatMap((each) => eventsOf(each, heads))
}

/** What goes into each user's log, the users by their ids; `before` are the events of the users before them. */
function logsOf(placed: Placed[]): { userId: number; before: number; events: Placed[] }[] {
  const byUser = new Map<number, Placed[]>()
  for (const each of placed) {
    for (const userId of each.people) {
      const events = byUser.get(userId)
      if (events) events.push(each)
      else byUser.set(userId, [each])
    }
  }
  let before = 0
  return [...byUser]
    .toSorted(([a], [b]) => a - b)
    .map(([userId, events]) => {
      before += events.length
      return { userId, before: before - events.length, events }
    })
}

/** What a message puts into the logs of its conversation's people; `heads` are where they were, and go on. */
function eventsOf({ send, people, mine, others }: Placed, heads: Map<number, number>): CommittedEvent[] {
  const places = people.map((userId) => {
    const seq = heads.get(userId)! + 1
    heads.set(userId, seq)
    return { userId, seq }
  })
  const toSender = places.filter(({ userId }) => userId === send.senderId)
  const toOthers = places.filter(({ userId }) => userId !== send.senderId)
  return [
    { name: 'message_sent' as const, json: mine, to: toSender },
    ...(toOthers.length > 0 ? [{ name: 'message' as const, json: others, to: toOthers }] : [])
  ]
}

/**
 * Statements that go out together, in one write of the socket: each of its own would be a system call, and wake Postgres.
 * Throws what the first one that failed met, once all are answered.
 */
async function together<Results extends (QueryResult | void)[]>(
  client: ClientBase,
  ask: () => { [Each in keyof Results]: Promise<Results[Each]> }
): Promise<Results> {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  stream.cork()
  const queries = ask()
  stream.uncork()
  const settled = await Promise.allSettled(queries)
  const failed = settled.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as Results
}
