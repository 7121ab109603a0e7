import { NetworkError } from '@parley/client/failures'
import type { FieldProblems } from '@parley/contract/field-problems'
import { Problem, type DataOf, type ProblemCode } from '@parley/contract/problems'
import type { GroupAction } from '@parley/contract/roles'
import { isolate } from './bidi.ts'
import { fieldText } from './field-texts.ts'

/** What a text is made of: never the server's English. A stored problem, or an older server's, may lack its data. */
export type TextSource = {
  code: string
  data?: Readonly<Record<string, unknown>>
  fields?: FieldProblems
}

const count = (number: number) => number.toLocaleString('en')

const unreachable = 'The server can’t be reached. Check your network, then try again.'
const broken = 'Something went wrong in the app. Reload the page, then try again.'
const rejected = 'The server rejected this. Reload the page, then try again.'
const ownerOnly = 'Only the owner of this group can do this.'
const adminsOnly = 'Only the owner and admins of this group can do this.'

const roleTexts: Record<GroupAction, string> = {
  rename: adminsOnly,
  add_participant: adminsOnly,
  remove_member: adminsOnly,
  remove_admin: ownerOnly,
  change_role: ownerOnly,
  delete_any_message: adminsOnly,
  read_versions: adminsOnly
}

const forbidden = 'Your role in this group doesn’t allow this.'
const forbiddenTexts = {
  target_is_owner: 'The owner of a group can’t be removed.',
  own_role: 'You can’t change your own role. Transfer ownership to another member first.',
  direct_conversation: 'This is only possible in groups.',
  system_line: 'This is only possible with messages that people wrote.',
  forwarded_message: 'Forwarded messages can’t be edited.'
}

/** What went wrong and what to do next, by code. */
const problemTexts: { [Code in ProblemCode]: (data: Partial<DataOf<Code>>) => string } = {
  malformed_request: () => rejected,
  cursor_invalid: () => rejected,
  unauthenticated: () => 'You’ve been signed out. Sign in again.',
  origin_mismatch: ({ origin }) =>
    origin === undefined
      ? 'This page was opened at another address than the server expects. Open Parley at its own address.'
      : `This page was opened at another address than the server expects. Open Parley at ${origin}.`,
  conversation_with_yourself: () => 'You can’t start a conversation with yourself. Enter another username.',
  not_allowed: (data) => {
    if (data.reason === 'role') return data.action ? roleTexts[data.action] : forbidden
    return data.reason ? forbiddenTexts[data.reason] : forbidden
  },
  role_required: ({ role }) =>
    role === 'administrator'
      ? 'Only administrators can do this.'
      : 'Only moderators and administrators can do this.',
  not_your_message: () => 'Only the author of a message can do this.',
  oauth_state_invalid: () => 'The sign-in took too long, or was started in another window. Please try again.',
  account_disabled: () => 'Your account is disabled. Ask the administrator of this server.',
  registration_closed: () => 'You have no account on this server. Ask its administrator to let you in.',
  login_denied: () => 'Sign-in with GitHub was cancelled. Try again, or use another way to sign in.',
  not_found: () => rejected,
  login_unavailable: () => 'This server does not offer this way to sign in.',
  user_not_found: ({ username }) =>
    username === undefined
      ? 'No one has this username. Check the spelling.'
      : `No one has the username “${isolate(username)}”. Check the spelling.`,
  conversation_not_found: () => 'You’re no longer a member of this conversation.',
  participant_not_found: () => 'They’re no longer a member of this group.',
  message_not_found: () => 'This message no longer exists.',
  method_not_allowed: () => rejected,
  not_acceptable: () => rejected,
  request_timeout: () => 'Sending took too long. Check your network, then try again.',
  message_deleted: () => 'This message was deleted in the meantime.',
  version_conflict: () => 'The message was edited on another device in the meantime.',
  body_too_large: () => 'This is too long. Shorten it.',
  media_type_unsupported: () => rejected,
  validation_failed: ({ fields }) => {
    const sentences = Object.entries(fields ?? {}).map(([field, problem]) => fieldText(field, problem))
    return sentences.length > 0 ? [...new Set(sentences)].join(' ') : 'Something here is not valid. Check it.'
  },
  idempotency_mismatch: () => 'This message was already sent with different content. Discard this one.',
  group_full: ({ max }) =>
    max === undefined ? 'This group is full.' : `This group is full: it has ${count(max)} members.`,
  too_many_groups: ({ max, username }) => {
    if (username !== undefined)
      return `${isolate(username)} already owns the maximum number of groups. Choose another member.`
    return max === undefined
      ? 'You already own the maximum number of groups. Leave one first.'
      : `You already own ${count(max)} groups, the maximum. Leave one first.`
  },
  too_many_reactions: ({ max }) =>
    max === undefined
      ? 'This message already has the maximum number of different emoji.'
      : `This message already has the maximum number of different emoji: ${count(max)}.`,
  headers_too_large: () => rejected,
  personal_state_full: () =>
    'Your drafts and settings take up all the space that you have. Delete a draft first.',
  rate_limited: ({ retryAfterSeconds: seconds }) => {
    if (seconds === undefined) return 'That was too fast. Try again in a moment.'
    return seconds === 1
      ? 'That was too fast. Try again in 1 second.'
      : `That was too fast. Try again in ${count(seconds)} seconds.`
  },
  too_many_streams: () => 'Parley is open in too many windows. Close some of them.',
  internal: () => 'Something went wrong on the server. Please try again in a moment.',
  login_failed: () => 'GitHub did not answer as expected. Please try again in a moment.',
  storage_unavailable: () => 'The server cannot reach its storage right now. Please try again in a moment.',
  draining: () => 'The server is restarting. Please try again in a moment.'
}

/** Returns the sentence for a refusal. */
export function problemText({ code, data, fields }: TextSource): string {
  if (!Object.hasOwn(problemTexts, code)) return rejected
  const text = problemTexts[code as ProblemCode] as (data: unknown) => string
  return text({ ...data, ...(fields && { fields }) })
}

/** Returns the sentence for anything that was thrown. */
export function failureText(error: unknown): string {
  if (error instanceof Problem) return problemText({ code: error.code, data: error.data })
  return error instanceof NetworkError ? unreachable : broken
}

/** Codes of refusals that no retry changes. */
const final: ReadonlySet<string> = new Set<ProblemCode>([
  'validation_failed',
  'body_too_large',
  'idempotency_mismatch',
  'message_deleted',
  'message_not_found',
  'not_your_message'
])

export function isFinal({ code }: { code: string }): boolean {
  return final.has(code)
}
