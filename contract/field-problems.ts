/**
 * Everything that can be wrong with a field of a request: the data that goes with each `code` of `fields`.
 * `docs/PROBLEMS.md` lists the same codes.
 */
type FieldData = {
  /** Missing, or blank. */
  required: object
  unknown_field: object
  wrong_type: { type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null' }
  /** A query parameter that is given more than once. */
  repeated: object
  not_one_of: { values: readonly unknown[] }
  invalid_format: {
    format: 'uuid' | 'emoji' | 'path' | 'idempotency_key' | 'personal_key' | 'place' | 'time'
  }
  /** NUL or a lone surrogate. */
  invalid_characters: object
  /** `max` counts code points. */
  too_long: { max: number }
  /** Of JSON. */
  too_large: { maxBytes: number }
  /** Lists and objects within one another. */
  too_deep: { max: number }
  /** `max` counts items or, of an object, fields. */
  too_many: { max: number }
  too_small: { min: number }
  no_visible_character: object
  not_one_line: object
  /** A list that contains an empty username. */
  blank_entries: object
  /** Fields that cannot be sent together with this one. */
  conflicts_with: { fields: readonly string[] }
  must_match_header: { header: string }
  /** A rule that has no code of its own. */
  invalid: object
}

export type FieldCode = keyof FieldData

/** What is wrong with one field. */
export type FieldProblem<Code extends FieldCode = FieldCode> = {
  [Each in Code]: { code: Each } & FieldData[Each]
}[Code]

/** What is wrong, by the field's name; a nested one is written `usernames.1`. */
export type FieldProblems = Record<string, FieldProblem>
