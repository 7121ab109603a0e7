import { plural, t } from '@lingui/core/macro'
import type { FieldCode, FieldProblem } from '@parley/contract/field-problems'
import { formatKilobytes, formatNumber } from './formats.ts'

/** Fields that people fill in, as the screen calls them. */
const names: Record<string, () => string> = {
  content: () => t`The message`,
  emoji: () => t`The reaction`,
  search: () => t`The username`,
  title: () => t`The group name`,
  username: () => t`The username`,
  usernames: () => t`The list of people`
}

/** What is wrong with a field and what to enter instead, by code; `name` begins a sentence. */
const fieldTexts: { [Code in FieldCode]: (name: string, data: FieldProblem<Code>) => string } = {
  required: (name) => t`${name} is missing. Enter it.`,
  unknown_field: (name) => t`${name} isn’t expected here. Reload the page.`,
  wrong_type: (name) => t`${name} isn’t valid.`,
  repeated: (name) => t`${name} was given more than once.`,
  not_one_of: (name) => t`${name} isn’t one of the possible choices.`,
  invalid_format: (name, { format }) =>
    format === 'emoji' ? t`${name} must be one emoji.` : t`${name} isn’t valid.`,
  invalid_characters: (name) => t`${name} contains characters that can’t be sent. Remove them.`,
  too_long: (name, { max }) =>
    plural(max, {
      one: `${name} must be at most # character. Shorten it.`,
      other: `${name} must be at most # characters. Shorten it.`
    }),
  too_many: (name, { max }) =>
    plural(max, {
      one: `${name} must have at most # entry. Remove some.`,
      other: `${name} must have at most # entries. Remove some.`
    }),
  too_large: (name, { maxBytes }) =>
    t`${name} must be at most ${{ size: formatKilobytes(maxBytes) }}. Shorten it.`,
  too_deep: (name) => t`${name} isn’t valid.`,
  too_small: (name, { min }) => t`${name} must be at least ${{ min: formatNumber(min) }}.`,
  no_visible_character: (name) => t`${name} must contain a visible character.`,
  not_one_line: (name) => t`${name} must be one line without special characters.`,
  blank_entries: (name) => t`${name} contains an empty entry. Remove it.`,
  conflicts_with: (name) => t`${name} can’t be combined with the rest. Remove it.`,
  must_match_header: (name) => t`${name} isn’t valid.`,
  invalid: (name) => t`${name} isn’t valid.`
}

/** Returns the sentence for one field; `field` may be nested, as `usernames.1`. */
export function fieldText(field: string, problem: FieldProblem): string {
  const own = field.split('.')[0]!
  const name = (Object.hasOwn(names, own) && names[own]!()) || t`A field`
  // A newer server may have codes that this app does not know.
  const code = Object.hasOwn(fieldTexts, problem.code) ? problem.code : 'invalid'
  return (fieldTexts[code] as (name: string, data: FieldProblem) => string)(name, problem)
}
