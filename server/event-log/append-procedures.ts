import type { LogEvent, LogEvents } from '@parley/contract/events'
import type { Message } from '@parley/contract/messages'
import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import { encode } from '../platform/storage/json.ts'
import { messageOf, type MessageColumns } from '../messages/rows.ts'
import { columnNames, type StoredRow } from '../platform/storage/columns.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { personalJson, personalReference, type PersonalColumns } from '../personal-state/rows.ts'

/** Participants of a conversation: all of them, those who see `position`, `only` one of them, or all but one. */
export type Recipients = { conversationId: number; position?: number; only?: number; except?: number }
/** One user, whatever conversations they are in. */
type Owner = { userId: number }

type Places = CommittedEvent['to']

/** An event without its place, as it is added to each recipient's log. */
export type NewEvent = Omit<StoredRow<'inbox_events'>, 'user_id' | 'seq'>

/** Every event's row is made here, so that a new column has one place to get its value. `now` is ms. */
export function newEvent(
  kind: NewEvent['kind'],
  about: { messageId?: number; conversationId?: number; payload?: string },
  now: number
): NewEvent {
  return {
    kind,
    message_id: about.messageId ?? null,
    conversation_id: about.conversationId ?? null,
    payload: about.payload ?? null,
    created_at: now
  }
}

/** The names of the events whose data is a message, made at read. */
type MessageEventName = {
  [Name in keyof LogEvents]: LogEvents[Name] extends Message ? Name : never
}[keyof LogEvents]

/**
 * Gives an event that carries its own data the next place in the log of each recipient. `about` is what one must be able
 * to see to be shown it later.
 */
export async function appendEvent(
  db: Kysely<Schema>,
  event: LogEvent & Pick<CommittedEvent, 'retracts'>,
  about: { messageId: number } | { conversationId: number } | null,
  to: Recipients,
  now: number
): Promise<CommittedEvent[]> {
  const { name, data, retracts } = event
  const json = JSON.stringify(data)
  const row = newEvent(name as NewEvent['kind'], { ...about, payload: json }, now)
  const places = await takePlaces(db, row, to)
  if (places.length === 0) return []
  return [{ name, json, ...(retracts && { retracts }), to: places }]
}

/** What a message said before is not to be shown any more, wherever it still waits. */
const retracting = new Set<MessageEventName>(['message_edited', 'message_deleted'])

/** The same for an event that points at a message: each recipient sees it in their own way. */
export async function appendMessageEvent(
  db: Kysely<Schema>,
  name: Exclude<MessageEventName, 'message' | 'message_sent'>,
  row: MessageColumns,
  to: Recipients,
  now: number
): Promise<CommittedEvent[]> {
  const places = await takePlaces(db, newEvent(name, { messageId: row.id }, now), to)
  const [senders, others] = [true, false].map((mine) =>
    places.filter(({ userId }) => (userId === row.user_id) === mine)
  )
  return [senders!, others!]
    .filter((each) => each.length > 0)
    .map((each) => ({
      name,
      json: encode(messageOf(row, each[0]!.userId)),
      ...(retracting.has(name) && { retracts: true }),
      to: each
    }))
}

/** Gives a change of personal state its place in its owner's log. The row names the value, which is read when it is sent. */
export async function appendPersonalEvent(
  db: Kysely<Schema>,
  owner: Owner,
  value: PersonalColumns,
  now: number
): Promise<CommittedEvent[]> {
  const name = 'personal_state_changed'
  const row = newEvent(name, { payload: personalReference(value) }, now)
  return [{ name, json: personalJson(value), to: await takePlaces(db, row, owner) }]
}

/**
 * Takes the heads of everyone in a conversation, in id order, before a transaction appends more than one event: each
 * event alone would take them in that order, two after each other would not.
 */
export async function lockHeads(db: Kysely<Schema>, conversationId: number): Promise<void> {
  await headsOf(db, { conversationId }).execute()
}

/**
 * In the transaction of the change itself: a head is incremented under its row's lock, held to the commit, so that
 * sequence order is commit order.
 */
async function takePlaces(db: Kysely<Schema>, event: NewEvent, to: Recipients | Owner): Promise<Places> {
  const places = await db
    .updateTable('inbox_heads')
    .set((eb) => ({ head: eb('head', '+', 1) }))
    .where('user_id', 'in', headsOf(db, to))
    .returning(['user_id as userId', 'head as seq'])
    .execute()
  await db
    .insertInto('inbox_events')
    .columns(['user_id', 'seq', ...eventColumns])
    .expression(
      db
        .selectFrom('inbox_heads')
        .where('user_id', 'in', usersAmong(db, to))
        .select((eb) => ['user_id', 'head', ...eventColumns.map((name) => eb.val(event[name]).as(name))])
    )
    .execute()
  return places
}

const eventColumns = columnNames('inbox_events', ['user_id', 'seq'])

function headsOf(db: Kysely<Schema>, to: Recipients | Owner) {
  return db
    .selectFrom('inbox_heads')
    .select('user_id')
    .where('user_id', 'in', usersAmong(db, to))
    .orderBy('user_id')
    .forUpdate()
}

function usersAmong(db: Kysely<Schema>, to: Recipients | Owner) {
  if ('conversationId' in to) return participantsAmong(db, to)
  return db.selectFrom('users').select('users.id as user_id').where('users.id', '=', to.userId)
}

function participantsAmong(db: Kysely<Schema>, { conversationId, position, only, except }: Recipients) {
  let query = db
    .selectFrom('participants')
    .select('participants.user_id')
    .where('conversation_id', '=', conversationId)
  if (position !== undefined) query = query.where('visible_from', '<', position)
  if (only !== undefined) query = query.where('participants.user_id', '=', only)
  if (except !== undefined) query = query.where('participants.user_id', '!=', except)
  return query
}
