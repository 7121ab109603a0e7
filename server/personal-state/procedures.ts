import { personalStateMaxBytes, tombstonesMax } from '@parley/contract/limits'
import type { PersonalKind, PersonalValue } from '@parley/contract/personal-state'
import type { Kysely } from 'kysely'
import { appendPersonalEvent } from '../event-log/append-procedures.ts'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import type { Json } from '../platform/storage/json.ts'
import type { Refused } from '../platform/storage/refusals.ts'
import type { Schema } from '../platform/storage/schema.ts'
import { personalJson, personalValueOf } from './rows.ts'
import { bytesOf } from './rules.ts'

const columns = [
  'personal_state.kind',
  'personal_state.key',
  'personal_state.version',
  'personal_state.value'
] as const

type Place = { kind: PersonalKind; key: string }

/** `version` is the one that the writer knows; `value` is JSON, or null to delete. */
type Put = Place & { viewerId: number; version: number; value: string | null; now: number }

/**
 * Lists a person's values by kind and key, as JSON: `limit` of them and about `maxBytes` at most, at least one. `after` is a
 * place, exclusive.
 */
export async function listPersonalState(
  db: Kysely<Schema>,
  input: {
    viewerId: number
    kind: PersonalKind | null
    after: { kind: string; key: string } | null
    limit: number
    maxBytes: number
  }
): Promise<Json<PersonalValue>[]> {
  const { viewerId, kind, after, limit, maxBytes } = input
  let query = db
    .selectFrom('personal_state')
    .where('personal_state.user_id', '=', viewerId)
    .where('personal_state.value', 'is not', null)
    .orderBy('personal_state.kind')
    .orderBy('personal_state.key')
  if (kind !== null) query = query.where('personal_state.kind', '=', kind)
  if (after) {
    query = query.where((eb) =>
      eb(
        eb.refTuple('personal_state.kind', 'personal_state.key'),
        '>',
        eb.tuple(after.kind as PersonalKind, after.key)
      )
    )
  }
  const sizes = await query.select('personal_state.bytes').limit(limit).execute()
  let [count, bytes] = [0, 0]
  while (count < sizes.length && (count === 0 || bytes + sizes[count]!.bytes <= maxBytes)) {
    bytes += sizes[count++]!.bytes
  }
  if (count === 0) return []
  return (await query.select(columns).limit(count).execute()).map(personalJson)
}

/**
 * Sets a value whose version is `version`, as an event in its owner's log. A value that is there already stays as it is, so
 * that a retry is safe. Version 0 also replaces a tombstone.
 */
export async function putPersonalState(
  db: Kysely<Schema>,
  { viewerId, kind, key, version, value, now }: Put
): Promise<{ result: Json<PersonalValue> | Refused; committed: CommittedEvent[] }> {
  const totals = await lockTotals(db, viewerId)
  const row = await db
    .selectFrom('personal_state')
    .select([...columns, 'personal_state.bytes'])
    .where('personal_state.user_id', '=', viewerId)
    .where('personal_state.kind', '=', kind)
    .where('personal_state.key', '=', key)
    .executeTakeFirst()
  const before = row ?? { kind, key, version: 0, value: null, bytes: 0 }
  if (before.value === value) return { result: personalJson(before), committed: [] }
  const creates = version === 0 && before.value === null
  if (version !== before.version && !creates) {
    return { result: { refused: 'version_conflict', current: personalValueOf(before) }, committed: [] }
  }
  const bytes = bytesOf(key, value)
  const total = totals.bytes - before.bytes + bytes
  if (total > personalStateMaxBytes && bytes > before.bytes) {
    return { result: { refused: 'personal_state_full', maxBytes: personalStateMaxBytes }, committed: [] }
  }
  const after = { kind, key, version: (row?.version ?? totals.dropped_version) + 1, value }
  const changed = { version: after.version, value, bytes, changed_at: now }
  await db
    .insertInto('personal_state')
    .values({ user_id: viewerId, kind, key, ...changed })
    .onConflict((conflict) => conflict.columns(['user_id', 'kind', 'key']).doUpdateSet(changed))
    .execute()
  const tombstones =
    totals.tombstones + (value === null ? 1 : 0) - (row !== undefined && row.value === null ? 1 : 0)
  const dropped = tombstones > tombstonesMax ? await dropTombstones(db, viewerId) : []
  await db
    .updateTable('personal_totals')
    .set({
      bytes: total,
      tombstones: tombstones - dropped.length,
      dropped_version: Math.max(totals.dropped_version, ...dropped)
    })
    .where('personal_totals.user_id', '=', viewerId)
    .execute()
  return {
    result: personalJson(after),
    committed: await appendPersonalEvent(db, { userId: viewerId }, after, now)
  }
}

/** Of two writes of one person, one waits here for the other's commit. */
async function lockTotals(db: Kysely<Schema>, userId: number) {
  return db
    .insertInto('personal_totals')
    .values({ user_id: userId, bytes: 0, tombstones: 0, dropped_version: 0 })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet((eb) => ({ bytes: eb.ref('personal_totals.bytes') }))
    )
    .returning(['bytes', 'tombstones', 'dropped_version'])
    .executeTakeFirstOrThrow()
}

/** Drops the older half of a person's tombstones; returns their versions. */
async function dropTombstones(db: Kysely<Schema>, userId: number): Promise<number[]> {
  const oldest = await db
    .selectFrom('personal_state')
    .select(['personal_state.kind', 'personal_state.key'])
    .where('personal_state.user_id', '=', userId)
    .where('personal_state.value', 'is', null)
    .orderBy('personal_state.changed_at')
    .limit(tombstonesMax / 2)
    .execute()
  const versions: number[] = []
  for (const { kind, key } of oldest) {
    const { version } = await db
      .deleteFrom('personal_state')
      .where('personal_state.user_id', '=', userId)
      .where('personal_state.kind', '=', kind)
      .where('personal_state.key', '=', key)
      .returning('version')
      .executeTakeFirstOrThrow()
    versions.push(version)
  }
  return versions
}
