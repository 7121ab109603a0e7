import type { FieldCode, FieldProblem } from '@parley/contract/field-problems'

const count = (number: number) => number.toLocaleString('en')

/** Fields that people fill in, as the screen calls them. */
const names: Record<string, string> = {
  content: 'The message',
  emoji: 'The reaction',
  search: 'The username',
  title: 'The group name',
  username: 'The username',
  usernames: 'The list of people'
}

/** What is wrong with a field and what to enter instead, by code; `name` begins a sentence. */
const fieldTexts: { [Code in FieldCode]: (name: string, data: FieldProblem<Code>) => string } = {
  required: (name) => `${name} is missing. Enter it.`,
  unknown_field: (name) => `${name} is not expected here. Reload the page.`,
  wrong_type: (name) => `${name} is not valid.`,
  repeated: (name) => `${name} was given more than once.`,
  not_one_of: (name) => `${name} is not one of the possible choices.`,
  invalid_format: (name, { format }) =>
    format === 'emoji' ? `${name} must be one emoji.` : `${name} is not valid.`,
  invalid_characters: (name) => `${name} contains characters that can’t be sent. Remove them.`,
  too_long: (name, { max }) => `${name} must be at most ${count(max)} characters. Shorten it.`,
  too_many: (name, { max }) => `${name} must have at most ${count(max)} entries. Remove some.`,
  too_large: (name, { maxBytes }) => `${name} must be at most ${count(maxBytes / 1_024)} KB. Shorten it.`,
  too_deep: (name) => `${name} is not valid.`,
  too_small: (name, { min }) => `${name} must be at least ${count(min)}.`,
  no_visible_character: (name) => `${name} must contain a visible character.`,
  not_one_line: (name) => `${name} must be one line without special characters.`,
  blank_entries: (name) => `${name} contains an empty entry. Remove it.`,
  conflicts_with: (name) => `${name} can’t be combined with the rest. Remove it.`,
  must_match_header: (name) => `${name} is not valid.`,
  invalid: (name) => `${name} is not valid.`
}

/** Returns the sentence for one field; `field` may be nested, as `usernames.1`. */
export function fieldText(field: string, problem: FieldProblem): string {
  const own = field.split('.')[0]!
  const name = (Object.hasOwn(names, own) && names[own]) || 'A field'
  // A newer server may have codes that this app does not know.
  const code = Object.hasOwn(fieldTexts, problem.code) ? problem.code : 'invalid'
  return (fieldTexts[code] as (name: string, data: FieldProblem) => string)(name, problem)
}
