import type { PersonalKind, PersonalValue } from '@parley/contract/personal-state'
import type { Json } from '../platform/storage/json.ts'

/** A value's columns; `value` is JSON, or null of a tombstone. */
export type PersonalColumns = { kind: PersonalKind; key: string; version: number; value: string | null }

/** What a row of the log holds of a change. */
export type PersonalReference = Pick<PersonalColumns, 'kind' | 'key' | 'version'>

export function personalReference({ kind, key, version }: PersonalReference): string {
  return JSON.stringify({ kind, key, version } satisfies PersonalReference)
}

/**
 * The change as it is sent later, made of the value as it is `now`; null where the value was replaced since. One whose value
 * is not there at all was deleted, and its tombstone dropped.
 */
export function laterPersonalJson(
  { kind, key, version }: PersonalReference,
  now: PersonalColumns | undefined
): Json<PersonalValue> | null {
  const columns = now ?? { kind, key, version, value: null }
  return columns.version === version ? personalJson(columns) : null
}

export function personalJson(columns: PersonalColumns): Json<PersonalValue> {
  return `${personalReference(columns).slice(0, -1)},"value":${columns.value ?? 'null'}}`
}

export function personalValueOf(columns: PersonalColumns): PersonalValue {
  return JSON.parse(personalJson(columns)) as PersonalValue
}
