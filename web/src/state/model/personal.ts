import type { PersonalKind, PersonalValue } from '@parley/contract/personal-state'
import type { State } from './state.ts'

/** Returns the value at a place; of version 0 where there is none. */
export function personalValue(
  state: Pick<State, 'personal'>,
  kind: PersonalKind,
  key: string
): PersonalValue {
  return state.personal[placeOf({ kind, key })] ?? { kind, key, version: 0, value: null }
}

/** Returns all values of a snapshot, by place. */
export function personalOf(values: readonly PersonalValue[]): State['personal'] {
  return Object.fromEntries(values.map((value) => [placeOf(value), value]))
}

/** Returns the values with a newer one; of two, the greater version wins. A deleted one stays, so that no older one returns. */
export function withPersonal(personal: State['personal'], value: PersonalValue): State['personal'] {
  // A server of the version before sends an event without the value.
  if (value.value === undefined) return personal
  const place = placeOf(value)
  return value.version > (personal[place]?.version ?? 0) ? { ...personal, [place]: value } : personal
}

function placeOf({ kind, key }: Pick<PersonalValue, 'kind' | 'key'>): string {
  return `${kind}/${key}`
}
