import type { FieldCode, FieldProblem } from './field-problems.ts'
import { problems, type DataOf, type Problem, type ProblemCode, type ProblemDocument } from './problems.ts'
import { mayDo, type GroupAction } from './roles.ts'

const count = (number: number) => number.toLocaleString('en')
const either = (words: readonly string[]) => words.join(' or ')

const requestDetails = {
  not_http: 'The request is not valid HTTP/1.1.',
  host_missing: 'The Host header is missing. Send it.',
  address_invalid: 'The address is not percent-encoded UTF-8. Encode it.',
  length_mismatch: 'The body is not as long as Content-Length says. Send its length in bytes.',
  not_utf8: 'The body is not UTF-8. Encode it as UTF-8.',
  not_json: 'The body is not valid JSON.',
  request_follows:
    'Another request follows on the connection. Send none after the request for an event stream.'
}
const tokenDetails = {
  token_missing: 'The request has no session. Send the header Authorization: Bearer with a token.',
  token_invalid: 'The token is unknown, expired or revoked. Sign in again.',
  session_ended: 'The session has ended. Sign in again.'
}
const actions: Record<GroupAction, string> = {
  rename: 'rename the group',
  add_participant: 'add participants',
  remove_member: 'remove members',
  remove_admin: 'remove admins',
  change_role: 'change roles',
  delete_any_message: 'delete messages of other participants',
  read_versions: 'read earlier versions of messages'
}
const forbiddenDetails = {
  target_is_owner: 'The owner of a group cannot be removed.',
  own_role: 'You cannot change your own role. Make another participant the owner first.',
  direct_conversation:
    'This conversation is not a group. Only groups have a title, roles and new participants.',
  system_line: 'System messages cannot be changed, answered or forwarded.',
  forwarded_message: 'Forwarded messages cannot be edited.'
}
const loginDetails = {
  development:
    'The development login works on this machine only. Send the request to ORIGIN over HTTP/1.1, without a proxy.',
  github: 'Sign-in with GitHub is not configured on this server. Sign in another way.'
}
const githubDetails = {
  code_missing: 'GitHub sent no authorization code. Start the sign-in again.',
  code_refused: 'GitHub rejected the authorization code. Start the sign-in again.',
  profile_missing: 'GitHub sent no valid profile. Start the sign-in again.',
  unreachable: 'GitHub is unreachable or sent an invalid response. Try again later.',
  unexpected_answer: 'GitHub answered with an error. Try again later.'
}
const storageDetails = {
  queue_full: 'Too many messages are waiting to be stored. Retry after the seconds in Retry-After.',
  timeout: 'The database did not answer in time. Retry after the seconds in Retry-After.'
}

/** The `detail` of each code. No other module writes the English of a refusal. */
const details: { [Code in ProblemCode]: (data: DataOf<Code>) => string } = {
  malformed_request: ({ reason }) => (reason ? requestDetails[reason] : 'The request is malformed.'),
  cursor_invalid: () => 'The cursor is invalid. Send the id of an event, or the Event-Cursor of a snapshot.',
  unauthenticated: ({ reason }) => tokenDetails[reason],
  origin_mismatch: ({ origin }) => `The request comes from another origin. Open Parley at ${origin}.`,
  conversation_with_yourself: () => 'The username is your own. Send the username of another person.',
  not_allowed: (data) =>
    data.reason === 'role'
      ? `Your role is ${data.role}. To ${actions[data.action]}, it must be ${either(mayDo[data.action])}.`
      : forbiddenDetails[data.reason],
  role_required: ({ role }) =>
    `Your role on this server must be ${role} or higher. Ask an administrator of this server.`,
  not_your_message: () => 'Only the author of a message can edit it. In groups, admins can also delete it.',
  oauth_state_invalid: () =>
    'The sign-in took too long or was started in another browser. Start the sign-in again.',
  account_disabled: () => 'The account is disabled. Ask the administrator of this server.',
  registration_closed: () => 'The server accepts no new account for this person. Ask its administrator.',
  login_denied: () => 'The sign-in was cancelled at GitHub. Start it again, or sign in another way.',
  not_found: () => 'The address does not exist.',
  login_unavailable: ({ method }) => loginDetails[method],
  user_not_found: ({ username }) => `No user has the username ${username}. Check the spelling.`,
  conversation_not_found: () => 'The conversation does not exist, or you are not a member of it.',
  participant_not_found: ({ reason }) =>
    reason === 'is_group'
      ? 'The conversation is a group. List its participants instead.'
      : 'The user is not a participant of this conversation.',
  message_not_found: () => 'The message does not exist in this conversation, or you may not see it.',
  method_not_allowed: ({ methods }) =>
    methods.length > 0
      ? `The method must be ${either(methods)}.`
      : 'The server is not a proxy and does not accept CONNECT.',
  not_acceptable: () => 'The address sends an event stream. Send the header Accept: text/event-stream.',
  request_timeout: ({ seconds }) =>
    `The request did not arrive within ${count(seconds)} seconds. Send it again.`,
  message_deleted: () => 'The message was deleted.',
  version_conflict: () => 'The version is not the latest. Start from the one in current.',
  body_too_large: ({ maxBytes }) => `The body must be at most ${count(maxBytes / 1_024)} KiB.`,
  media_type_unsupported: () =>
    'The body must be JSON. Send it with the header Content-Type: application/json.',
  validation_failed: ({ fields }) =>
    Object.entries(fields)
      .map(([field, problem]) => fieldDetail(field, problem))
      .join(' '),
  idempotency_mismatch: () =>
    'The idempotency key was used for a different message. Send a new key with each message.',
  group_full: ({ max }) => `The group has ${count(max)} members, the maximum.`,
  too_many_groups: ({ max, username }) =>
    username === undefined
      ? `You own ${count(max)} groups, the maximum. Leave one or transfer its ownership first.`
      : `The user ${username} owns ${count(max)} groups, the maximum. Choose another owner.`,
  personal_state_full: ({ maxBytes }) =>
    `Your personal state would take more than ${count(maxBytes / 1_024)} KiB. Delete a value first.`,
  too_many_reactions: ({ max }) =>
    `The message has ${count(max)} different emoji, the maximum. Use one of them.`,
  headers_too_large: ({ maxBytes }) => `The headers must be at most ${count(maxBytes / 1_024)} KiB.`,
  rate_limited: ({ retryAfterSeconds: seconds }) =>
    `Too many requests. Retry in ${count(seconds)} ${seconds === 1 ? 'second' : 'seconds'}.`,
  too_many_streams: () => 'Too many event streams are open. Close one, or reconnect later.',
  internal: () => "An internal error occurred. The server's log has the details.",
  login_failed: ({ reason }) => githubDetails[reason],
  storage_unavailable: ({ reason }) =>
    reason ? storageDetails[reason] : 'The database is unavailable. Retry after the seconds in Retry-After.',
  draining: () => 'The server is stopping. Retry after the seconds in Retry-After.'
}

const types = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'an array',
  null: 'null'
}
const formats = {
  uuid: 'a UUID',
  emoji: 'one emoji',
  path: 'a path of the app, for example /conversations/1',
  idempotency_key: '1 to 255 printable ASCII characters without spaces',
  personal_key: '1 to 128 letters, digits, or any of _ . : -',
  place: '<kind>/<key>',
  time: 'a time, for example 2026-01-31T12:00:00Z'
}

/** What is wrong with a field and what to send instead, in words that follow its name. */
export const fieldDetails: { [Code in FieldCode]: (data: FieldProblem<Code>) => string } = {
  required: () => 'is required.',
  unknown_field: () => 'is not a known field. Remove it.',
  wrong_type: ({ type }) => `must be ${types[type]}.`,
  repeated: () => 'must be given only once.',
  not_one_of: ({ values }) => `must be ${either(values.map((each) => JSON.stringify(each)))}.`,
  invalid_format: ({ format }) => `must be ${formats[format]}.`,
  invalid_characters: () => 'must not contain NUL or lone surrogates.',
  too_long: ({ max }) => `must be at most ${count(max)} characters.`,
  too_large: ({ maxBytes }) => `must be at most ${count(maxBytes / 1_024)} KiB.`,
  too_deep: ({ max }) => `must have at most ${count(max)} nested objects and arrays.`,
  too_many: ({ max }) => `must have at most ${count(max)} items.`,
  too_small: ({ min }) => `must be at least ${count(min)}.`,
  no_visible_character: () => 'must contain a visible character.',
  not_one_line: () => 'must be one line without control characters.',
  blank_entries: () => 'must not contain empty usernames.',
  conflicts_with: ({ fields }) => `cannot be combined with ${either(fields)}. Remove one of them.`,
  must_match_header: ({ header }) => `must equal the header ${header}. Send only one of them.`,
  invalid: () => 'is not valid.'
}

/** Returns a sentence; the name of a field of several words stays as it is sent. */
function fieldDetail(field: string, problem: FieldProblem): string {
  const name = /^[a-z]+$/.test(field) ? field[0]!.toUpperCase() + field.slice(1) : field
  return `${name} ${(fieldDetails[problem.code] as (data: FieldProblem) => string)(problem)}`
}

/** Returns what a refusal says in English: what is wrong, and what to do next. */
export function problemDetail({ code, data }: Problem): string {
  return (details[code] as (data: unknown) => string)(data)
}

/** Returns the body of a refusal (RFC 9457). */
export function problemDocument(problem: Problem): ProblemDocument {
  const { code, fields, current } = problem
  const { status, title } = problems[code]
  const { fields: _, current: __, ...data } = problem.data
  const errors = Object.entries(fields ?? {}).map(([field, each]) => [field, fieldDetail(field, each)])
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
