import type { FieldCode, FieldProblem } from './field-problems.ts'
import { problems, type DataOf, type Problem, type ProblemCode, type ProblemDocument } from './problems.ts'

const nothing = (code: ProblemCode) => () => problems[code].title
const count = (number: number) => number.toLocaleString('en')

const requestDetails = {
  not_http: 'This is not HTTP/1.1.',
  host_missing: 'Send a Host header.',
  address_invalid: 'The address is not percent-encoded UTF-8.',
  length_mismatch: 'The body is not as long as Content-Length says.',
  not_utf8: 'The body is not UTF-8.',
  not_json: 'The body is not JSON.',
  request_follows: 'A stream takes its connection: send nothing behind its request.'
}
const tokenDetails = {
  token_missing: 'Send Authorization: Bearer and a token.',
  token_invalid: 'The token is unknown, expired or revoked. Sign in again.',
  session_ended: 'This session has ended. Sign in again.'
}
const forbiddenDetails = {
  target_is_owner: 'Nobody removes the owner.',
  own_role: 'Make somebody else the owner first.',
  direct_conversation: 'This is a conversation of two.',
  system_line: 'Nobody wrote this line.',
  forwarded_message: 'These are the words of somebody else.'
}
const loginDetails = {
  development:
    'The development login is for this machine alone: ask for ORIGIN in HTTP/1.1, not through a proxy.',
  github: "This server is not set up for GitHub's sign-in."
}
const githubDetails = {
  code_missing: 'GitHub sent no code.',
  code_refused: 'GitHub did not take the code.',
  profile_missing: 'GitHub did not say who this is.',
  unreachable: 'GitHub cannot be reached, or did not answer as expected.',
  unexpected_answer: 'GitHub did not answer as expected.'
}
const storageDetails = {
  queue_full: 'Too many messages wait to be stored. Send it again in a moment.',
  timeout: 'The database does not answer.'
}

/** The `detail` of each code: the only place where the server's refusals are in English. */
const details: { [Code in ProblemCode]: (data: DataOf<Code>) => string } = {
  malformed_request: ({ reason }) => (reason ? requestDetails[reason] : problems.malformed_request.title),
  cursor_invalid: () => 'A cursor is an id that this stream or Event-Cursor gave.',
  unauthenticated: ({ reason }) => tokenDetails[reason],
  origin_mismatch: ({ origin }) => `Open Parley at ${origin}.`,
  conversation_with_yourself: nothing('conversation_with_yourself'),
  not_allowed: (data) =>
    data.reason === 'role' ? `Your role here is ${data.role}.` : forbiddenDetails[data.reason],
  not_your_message: nothing('not_your_message'),
  oauth_state_invalid: nothing('oauth_state_invalid'),
  account_disabled: () => 'Ask the administrator of this server.',
  registration_closed: () => 'Ask the administrator of this server to let you in.',
  login_denied: nothing('login_denied'),
  not_found: nothing('not_found'),
  login_unavailable: ({ method }) => loginDetails[method],
  user_not_found: ({ username }) => `No user is called ${username}.`,
  conversation_not_found: () => 'You have no conversation with this id.',
  participant_not_found: ({ reason }) =>
    reason === 'is_group' ? 'This is a group.' : problems.participant_not_found.title,
  message_not_found: nothing('message_not_found'),
  method_not_allowed: ({ methods }) =>
    methods.length > 0 ? `This address takes ${methods.join(' and ')}.` : 'This server is no proxy.',
  not_acceptable: () => 'Send Accept: text/event-stream.',
  request_timeout: ({ seconds }) => `The request did not arrive within ${seconds} s.`,
  message_deleted: nothing('message_deleted'),
  version_conflict: nothing('version_conflict'),
  body_too_large: ({ maxBytes }) => `A body holds ${maxBytes / 1_024} kB at most.`,
  media_type_unsupported: () => 'Send JSON, with Content-Type: application/json.',
  validation_failed: ({ fields }) =>
    `${Object.entries(fields)
      .map(([field, problem]) => `${field} ${fieldSentence(field, problem)}`)
      .join('; ')}.`,
  idempotency_mismatch: nothing('idempotency_mismatch'),
  group_full: ({ max }) => `A group has ${max} people at most.`,
  too_many_groups: ({ username }) =>
    username === undefined
      ? problems.too_many_groups.title
      : `${username} owns as many groups as one person may.`,
  too_many_reactions: nothing('too_many_reactions'),
  headers_too_large: ({ maxBytes }) => `The headers are larger than ${maxBytes / 1_024} kB.`,
  rate_limited: ({ retryAfterSeconds: seconds }) =>
    `Too many requests. Retry in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
  too_many_streams: nothing('too_many_streams'),
  internal: () => 'Something went wrong on this server; its log says what.',
  login_failed: ({ reason }) => githubDetails[reason],
  storage_unavailable: ({ reason }) => (reason ? storageDetails[reason] : problems.storage_unavailable.title),
  draining: nothing('draining')
}

const types = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'a list',
  null: 'null'
}
const formats = {
  uuid: 'must be a UUID',
  emoji: 'must be one emoji',
  path: 'must be a path of the app, like /conversations/1',
  idempotency_key: 'must be printable ASCII without spaces, 255 characters at most'
}

/** What is wrong with a field, in English, by its code. */
export const fieldDetails: { [Code in FieldCode]: (data: FieldProblem<Code>) => string } = {
  required: () => 'is required',
  unknown_field: () => 'is not known here',
  wrong_type: ({ type }) => `must be ${types[type]}`,
  repeated: () => 'must be given once',
  not_one_of: ({ values }) => `must be ${values.map((each) => JSON.stringify(each)).join(' or ')}`,
  invalid_format: ({ format }) => formats[format],
  invalid_characters: () => 'must not hold NUL or lone surrogates',
  too_long: ({ max }) => `must not be longer than ${count(max)} characters`,
  too_many: ({ max }) => `must not have more than ${count(max)} items`,
  too_small: ({ min }) => `must be ${count(min)} or more`,
  no_visible_character: () => 'must contain a visible character',
  not_one_line: () => 'must be one line without control characters',
  blank_entries: () => 'must not hold empty names',
  conflicts_with: ({ fields }) => `is not sent with ${fields.join(', ')}`,
  must_match_header: ({ header }) => `must be the ${header}, or be left out`,
  invalid: () => 'is not valid'
}

function fieldSentence(_field: string, problem: FieldProblem): string {
  return (fieldDetails[problem.code] as (data: FieldProblem) => string)(problem)
}

/** What a refusal says in English. */
export function problemDetail({ code, data }: Problem): string {
  return (details[code] as (data: unknown) => string)(data)
}

/** A refusal as the client gets it (RFC 9457). */
export function problemDocument(problem: Problem): ProblemDocument {
  const { code, fields, current } = problem
  const { status, title } = problems[code]
  const { fields: _, current: __, ...data } = problem.data
  const errors = Object.entries(fields ?? {}).map(([field, each]) => [field, fieldSentence(field, each)])
  return {
    type: `urn:parley:problem:${code}`,
    title,
    status,
    detail: problemDetail(problem),
    code,
    ...(fields && { errors: Object.fromEntries(errors) as Record<string, string> }),
    ...(current && { current }),
    ...(fields && { fields }),
    ...(Object.keys(data).length > 0 && { data })
  }
}
