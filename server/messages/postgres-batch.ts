import type { Socket } from 'node:net'
import type { ClientBase, QueryResult, QueryResultRow } from 'pg'
import type { User } from '@parley/contract/people'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { committedOf, planSend, sentColumns, type Append } from './append.ts'
import { firstAnswer, type Send, type SendOutcome } from './procedures.ts'
import { userOf } from '../people/rows.ts'
import type { MessageColumns } from './rows.ts'
import { columnsAsText, integersAsText, textsAsText } from '../platform/storage/postgres/array-text.ts'
import { ownKeyColumns, sendStatements } from './postgres-statements.ts'

/** `outcomes` are of the first sends of the batch; the rest is for another transaction. */
type Sent = { outcomes: SendOutcome[]; committed: CommittedEvent[] }

/** A conversation under its lock: the position of its newest message, and who is in it, by id. */
type Conversation = { position: number; people: Map<number, User> }

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
    const { outcomes, appends } = plan(sends, known, most)
    if (appends.length > 0) return { outcomes, committed: await write(client, appends) }
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

type KnownKey = { payloadHash: string; message: MessageColumns }

type LockedRows = {
  conversations: Map<number, Conversation>
  /** What keys were used for already. */
  keys: Map<string, KnownKey>
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

async function lockAndRead(client: ClientBase, sends: Send[]): Promise<LockedRows> {
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
      found.map((row) => [`${row.user_id} ${row.key}`, { payloadHash: row.payload_hash, message: row }])
    ),
    ids,
    disabled
  }
}

/** Decides each send in turn, until there are `most` events: its first answer, a refusal, or what it adds. */
function plan(
  sends: Send[],
  { conversations, keys, ids, disabled }: LockedRows,
  most: number
): { outcomes: SendOutcome[]; appends: Append[] } {
  const appends: Append[] = []
  const outcomes: SendOutcome[] = []
  let events = 0
  for (const send of sends) {
    const key = `${send.senderId} ${send.key}`
    const known = keys.get(key)
    const conversation = conversations.get(send.conversationId)
    const sender = conversation?.people.get(send.senderId)
    if (known) {
      outcomes.push(firstAnswer(send, known.payloadHash, () => known.message))
    } else if (!conversation || !sender) {
      outcomes.push({ refused: 'conversation_not_found' })
    } else if (disabled.has(send.senderId)) {
      outcomes.push({ refused: 'account_disabled' })
    } else {
      const participants = [...conversation.people.keys()]
      events += participants.length
      if (events > most && appends.length > 0) break
      const position = ++conversation.position
      const append = planSend(send, { id: ids[appends.length]!, position, sender, participants })
      keys.set(key, { payloadHash: send.payloadHash, message: append.message })
      appends.push(append)
      outcomes.push({ message: append.mine })
    }
  }
  return { outcomes, appends }
}

async function write(client: ClientBase, appends: Append[]): Promise<CommittedEvent[]> {
  const logs = logsOf(appends)
  const events = logs.flatMap((log) => log.events)
  const mentions = appends.flatMap((append) => append.mentions)
  const [, logged, , commit] = await together(client, () => [
    run(
      client,
      'insertMessages',
      ...columnsAsText(
        'messages',
        sentColumns.messages,
        appends.map((append) => append.message)
      ),
      ...columnsAsText(
        'sends',
        ownKeyColumns,
        appends.map((append) => append.key)
      )
    ),
    run<{ heads: [userId: number, head: number][] }>(
      client,
      'logEvents',
      integersAsText(logs.map((log) => log.userId)),
      integersAsText(logs.map((log) => log.events.length)),
      integersAsText(logs.map((log) => log.before)),
      ...columnsAsText('inbox_events', sentColumns.events, events)
    ),
    mentions.length > 0
      ? run(client, 'insertMentions', ...columnsAsText('mentions', sentColumns.mentions, mentions))
      : Promise.resolve(),
    client.query('COMMIT')
  ])
  // Postgres answers the COMMIT of a transaction that has failed with a ROLLBACK, and no error.
  if (commit.command !== 'COMMIT') throw new Error(`a batch of sends ended in ${commit.command}`)
  const heads = new Map(logged.rows[0]!.heads)
  for (const { userId, events } of logs) heads.set(userId, heads.get(userId)! - events.length)
  return appends.flatMap((append) => committedOf(append, takePlaces(append, heads)))
}

/** What goes into each user's log, the users by their ids; `before` are the events of the users before them. */
function logsOf(appends: Append[]): { userId: number; before: number; events: Append['event'][] }[] {
  const byUser = new Map<number, Append['event'][]>()
  for (const { event, participants } of appends) {
    for (const userId of participants) {
      const events = byUser.get(userId)
      if (events) events.push(event)
      else byUser.set(userId, [event])
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

/** Returns the log positions of a message's event and advances `heads`. */
function takePlaces({ participants }: Append, heads: Map<number, number>): CommittedEvent['to'] {
  return participants.map((userId) => {
    const seq = heads.get(userId)! + 1
    heads.set(userId, seq)
    return { userId, seq }
  })
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
