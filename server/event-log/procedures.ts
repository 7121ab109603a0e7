import type { PersonalKind } from '@parley/contract/personal-state'
import { sql, type Kysely } from 'kysely'
import { laterPersonalJson, type PersonalColumns, type PersonalReference } from '../personal-state/rows.ts'
import type { EncodedEvent, LogBounds, LoggedEvent, LogPlace } from '../platform/storage/event-log.ts'
import { encode } from '../platform/storage/json.ts'
import { messageColumns, messageOf, type MessageColumns } from '../messages/rows.ts'
import { columnNames, type StoredRow } from '../platform/storage/columns.ts'
import type { Schema } from '../platform/storage/schema.ts'

/** Columns of an event that a read of the log selects. */
export const readColumns = columnNames('inbox_events', ['user_id', 'created_at'])
type ReadColumn = (typeof readColumns)[number]

/** The same of the table `event`, under names that no column of a message has. */
export const eventSelection = readColumns.map((name) => `event.${name} as event_${name}`) as {
  [Name in ReadColumn]: `event.${Name} as event_${Name}`
}[ReadColumn][]

/** Returns the bounds of each of these users' logs, in their order; an unknown user has an empty log. */
export async function readLogBounds(
  db: Kysely<Schema>,
  { userIds }: { userIds: number[] }
): Promise<LogBounds[]> {
  const rows = await db
    .selectFrom('inbox_heads')
    .select(['user_id', 'head', 'floor'])
    .where('user_id', 'in', padded(userIds, 0))
    .execute()
  const bounds = new Map(rows.map(({ user_id, head, floor }) => [user_id, { head, floor }]))
  return userIds.map((userId) => bounds.get(userId) ?? { head: 0, floor: 0 })
}

/** The head of one user's log. */
export async function readHead(db: Kysely<Schema>, userId: number): Promise<number> {
  const [bounds] = await readLogBounds(db, { userIds: [userId] })
  return bounds!.head
}

/**
 * Up to `limit` events after each of these places, all in one statement, and one more for personal state. What a user may no longer see comes as `gone`, in
 * its place.
 */
export async function readEvents(
  db: Kysely<Schema>,
  { places, limit }: { places: LogPlace[]; limit: number }
): Promise<LoggedEvent[][]> {
  const rows = await db
    .with('place(nth, user_id, after)', () => valuesOf(places))
    .selectFrom('place')
    // In this order on SQLite: each place finds its events.
    .crossJoin('inbox_events as event')
    .leftJoin('messages', 'messages.id', 'event.message_id')
    .leftJoin('users', 'users.id', 'messages.sender_id')
    .leftJoin('participants as viewer', (join) =>
      join
        .on('viewer.conversation_id', '=', (eb) =>
          eb.fn.coalesce('messages.conversation_id', 'event.conversation_id')
        )
        .onRef('viewer.user_id', '=', 'event.user_id')
    )
    .select(['place.nth', ...eventSelection, 'viewer.visible_from', ...messageColumns])
    .whereRef('event.user_id', '=', 'place.user_id')
    // A log has no gaps: so many after a place are those up to so far.
    .whereRef('event.seq', '>', 'place.after')
    .where('event.seq', '<=', (eb) => eb('place.after', '+', limit))
    .execute()
  return eventsOf(places, rows, (wanted) => findPersonalValues(db, wanted))
}

/**
 * The events at each of these places, in order, as their users see them. `findValues` looks up personal values; it is called
 * where there are events of them, with each place of a value once.
 */
export async function eventsOf(
  places: LogPlace[],
  rows: EventColumns[],
  findValues: (wanted: PersonalPlace[]) => Promise<FoundPersonalValue[]>
): Promise<LoggedEvent[][]> {
  const events: LoggedEvent[][] = places.map(() => [])
  const wanted = new Map<string, PersonalPlace>()
  for (const row of rows) {
    if (row.event_kind !== 'personal_state_changed') continue
    const { kind, key } = referenceIn(row)
    const place = { user_id: places[row.nth]!.userId, kind, key }
    wanted.set(placeText(place), place)
  }
  const found = wanted.size === 0 ? [] : await findValues([...wanted.values()])
  const values = new Map(found.map((value) => [placeText(value), value]))
  for (const row of rows) {
    const { userId } = places[row.nth]!
    const event =
      row.event_kind === 'personal_state_changed'
        ? personalEventOf(row, userId, values)
        : eventOf(row, userId)
    events[row.nth]!.push(Object.assign(event, { seq: row.event_seq }))
  }
  for (const each of events) each.sort((a, b) => a.seq - b.seq)
  return events
}

/** Returns the places as rows, each with its number. No user has the id 0. */
function valuesOf(places: LogPlace[]) {
  const rows = padded(places, { userId: 0, after: 0 }).map(
    ({ userId, after }, nth) =>
      sql`(cast(${nth} as bigint), cast(${userId} as bigint), cast(${after} as bigint))`
  )
  return sql<{ nth: number; user_id: number; after: number }>`(values ${sql.join(rows)})`
}

/** As many as the next power of two, so that there are few statements to prepare. */
function padded<Value>(values: Value[], filler: Value): Value[] {
  const length = 2 ** Math.ceil(Math.log2(Math.max(1, values.length)))
  return [...values, ...Array.from({ length: length - values.length }, () => filler)]
}

/** An event at the nth place that was asked for, joined with its message. */
export type EventColumns = { [Name in ReadColumn as `event_${Name}`]: StoredRow<'inbox_events'>[Name] } & {
  [Column in keyof MessageColumns]: MessageColumns[Column] | null
} & { nth: number; visible_from: number | null }

/** Where a personal value is, or would be. */
export type PersonalPlace = { user_id: number; kind: PersonalKind; key: string }
export type FoundPersonalValue = PersonalPlace & PersonalColumns

function placeText({ user_id, kind, key }: PersonalPlace): string {
  return `${user_id} ${kind} ${key}`
}

function referenceIn(row: EventColumns): PersonalReference {
  return JSON.parse(row.event_payload!) as PersonalReference
}

function personalEventOf(
  row: EventColumns,
  user_id: number,
  values: ReadonlyMap<string, FoundPersonalValue>
): EncodedEvent {
  const reference = referenceIn(row)
  const json = laterPersonalJson(reference, values.get(placeText({ ...reference, user_id })))
  return json === null ? { name: 'gone', json: '{}' } : { name: 'personal_state_changed', json }
}

async function findPersonalValues(
  db: Kysely<Schema>,
  wanted: PersonalPlace[]
): Promise<FoundPersonalValue[]> {
  return (
    db
      .with('wanted(user_id, kind, key)', () => {
        const rows = padded(wanted, { user_id: 0, kind: 'draft', key: '' }).map(
          ({ user_id, kind, key }) => sql`(cast(${user_id} as bigint), ${kind}, ${key})`
        )
        return sql<PersonalPlace>`(values ${sql.join(rows)})`
      })
      .selectFrom('wanted')
      // In this order on SQLite: each place finds its value.
      .crossJoin('personal_state')
      .select([
        'personal_state.user_id',
        'personal_state.kind',
        'personal_state.key',
        'personal_state.version',
        'personal_state.value'
      ])
      .whereRef('personal_state.user_id', '=', 'wanted.user_id')
      .whereRef('personal_state.kind', '=', 'wanted.kind')
      .whereRef('personal_state.key', '=', 'wanted.key')
      .execute()
  )
}

function eventOf(row: EventColumns, userId: number): EncodedEvent {
  if (!isVisible(row)) return { name: 'gone', json: '{}' }
  const { event_kind: kind, event_payload: payload } = row
  if (payload !== null) return { name: kind, json: payload }
  const message = messageOf(row as MessageColumns, userId)
  const name = kind === 'message' && message.mine ? 'message_sent' : kind
  return { name, json: encode(message) } as EncodedEvent
}

/** Whether the user is in what the event is of, and came before it, or may see what was before. */
function isVisible(row: EventColumns) {
  const { visible_from, position } = row
  if (row.event_message_id === null) return row.event_conversation_id === null || visible_from !== null
  if (visible_from === null || position === null || position <= visible_from) return false
  // An event about a deleted message is empty.
  return row.deleted_at === null || row.event_payload === null
}

/**
 * Prunes events that are both older than `before` (ms) and beyond the newest `keep` of their user, about `limit` a call, since
 * sends to these users wait for the transaction. Returns the number of pruned events; call it until it returns 0.
 */
export async function pruneEvents(
  db: Kysely<Schema>,
  { before, keep, limit }: { before: number; keep: number; limit: number }
): Promise<{ result: number }> {
  const logs = await db
    .selectFrom('inbox_heads')
    .innerJoin('inbox_events as oldest', (join) =>
      join
        .onRef('oldest.user_id', '=', 'inbox_heads.user_id')
        .on((eb) => eb('oldest.seq', '=', eb(eb.ref('inbox_heads.floor'), '+', eb.lit(1))))
    )
    .select(['inbox_heads.user_id', 'inbox_heads.head', 'inbox_heads.floor'])
    .where((eb) => eb(eb('inbox_heads.head', '-', eb.ref('inbox_heads.floor')), '>', keep))
    .where('oldest.created_at', '<', before)
    .orderBy('inbox_heads.user_id')
    .limit(limit)
    .execute()
  let pruned = 0
  for (const log of logs) {
    if (pruned >= limit) break
    const old = await db
      .selectFrom('inbox_events')
      .select(['seq', 'created_at'])
      .where('user_id', '=', log.user_id)
      .where('seq', '<=', log.head - keep)
      .orderBy('seq')
      .limit(limit)
      .execute()
    const floor = old.findLast((event) => event.created_at < before)?.seq
    if (floor === undefined) continue
    const raised = await db
      .updateTable('inbox_heads')
      .set({ floor })
      .where('user_id', '=', log.user_id)
      // Another node may have pruned the same log meanwhile: a floor never goes back.
      .where('floor', '<', floor)
      .returning('floor')
      .executeTakeFirst()
    if (!raised) continue
    await db.deleteFrom('inbox_events').where('user_id', '=', log.user_id).where('seq', '<=', floor).execute()
    pruned += floor - log.floor
  }
  return { result: pruned }
}
