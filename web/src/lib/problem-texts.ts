import { plural, t } from '@lingui/core/macro'
import { NetworkError } from '@parley/client/failures'
import type { FieldProblems } from '@parley/contract/field-problems'
import { Problem, type DataOf, type ProblemCode } from '@parley/contract/problems'
import type { GroupAction } from '@parley/contract/roles'
import { isolate } from './bidi.ts'
import { fieldText } from './field-texts.ts'
import { formatNumber } from './formats.ts'

/** What a text is made of: never the server's English. A stored problem, or an older server's, may lack its data. */
export type TextSource = {
  code: string
  data?: Readonly<Record<string, unknown>>
  fields?: FieldProblems
}

const unreachable = () => t`The server can’t be reached. Check your network, then try again.`
const broken = () => t`Something went wrong in the app. Reload the page, then try again.`
const rejected = () => t`The server rejected this. Reload the page, then try again.`
const ownerOnly = () => t`Only the owner of this group can do this.`
const adminsOnly = () => t`Only the owner and admins of this group can do this.`

const roleTexts: Record<GroupAction, () => string> = {
  rename: adminsOnly,
  add_participant: adminsOnly,
  remove_member: adminsOnly,
  remove_admin: ownerOnly,
  change_role: ownerOnly,
  delete_any_message: adminsOnly,
  read_versions: adminsOnly
}

const forbidden = () => t`Your role in this group doesn’t allow this.`
const forbiddenTexts = {
  target_is_owner: () => t`The owner of a group can’t be removed.`,
  own_role: () => t`You can’t change your own role. Transfer ownership to another member first.`,
  direct_conversation: () => t`This is only possible in groups.`,
  system_line: () => t`This is only possible with messages that people wrote.`,
  forwarded_message: () => t`Forwarded messages can’t be edited.`
}

/** What went wrong and what to do next, by code. */
const problemTexts: { [Code in ProblemCode]: (data: Partial<DataOf<Code>>) => string } = {
  malformed_request: rejected,
  cursor_invalid: rejected,
  unauthenticated: () => t`You’ve been signed out. Sign in again.`,
  origin_mismatch: ({ origin }) =>
    origin === undefined
      ? t`This page was opened at a different address than the server expects. Open Parley at its own address.`
      : t`This page was opened at a different address than the server expects. Open Parley at ${origin}.`,
  conversation_with_yourself: () => t`You can’t start a conversation with yourself. Enter another username.`,
  not_allowed: (data) => {
    if (data.reason === 'role') return data.action ? roleTexts[data.action]() : forbidden()
    return data.reason ? forbiddenTexts[data.reason]() : forbidden()
  },
  role_required: ({ role }) =>
    role === 'administrator'
      ? t`Only administrators can do this.`
      : t`Only moderators and administrators can do this.`,
  not_your_message: () => t`Only the author of a message can do this.`,
  oauth_state_invalid: () => t`The sign-in took too long, or was started in another window. Try again.`,
  account_disabled: () => t`Your account is disabled. Ask the administrator of this server.`,
  registration_closed: () =>
    t`You don’t have an account on this server. Ask its administrator to let you in.`,
  login_denied: () => t`Sign-in with GitHub was cancelled. Try again, or use another way to sign in.`,
  not_found: rejected,
  login_unavailable: () => t`This sign-in method isn’t available on this server.`,
  user_not_found: ({ username }) =>
    username === undefined
      ? t`No one has this username. Check the spelling.`
      : t`No one has the username “${{ username: isolate(username) }}”. Check the spelling.`,
  conversation_not_found: () => t`You’re no longer a member of this conversation.`,
  participant_not_found: () => t`They’re no longer a member of this group.`,
  message_not_found: () => t`This message no longer exists.`,
  method_not_allowed: rejected,
  not_acceptable: rejected,
  request_timeout: () => t`Sending took too long. Check your network, then try again.`,
  message_deleted: () => t`This message was deleted in the meantime.`,
  version_conflict: () => t`The message was edited on another device in the meantime.`,
  body_too_large: () => t`This is too long. Shorten it.`,
  media_type_unsupported: rejected,
  validation_failed: ({ fields }) => {
    const sentences = Object.entries(fields ?? {}).map(([field, problem]) => fieldText(field, problem))
    return sentences.length > 0 ? [...new Set(sentences)].join(' ') : t`Something here isn’t valid. Check it.`
  },
  idempotency_mismatch: () => t`This message was already sent with different content. Discard this one.`,
  group_full: ({ max }) =>
    max === undefined
      ? t`This group is full.`
      : plural(max, {
          one: 'This group is full: it has # member.',
          other: 'This group is full: it has # members.'
        }),
  too_many_groups: ({ max, username }) => {
    if (username !== undefined)
      return t`${{ username: isolate(username) }} already owns the maximum number of groups. Choose another member.`
    return max === undefined
      ? t`You already own the maximum number of groups. Leave one first.`
      : plural(max, {
          one: 'You already own # group, the maximum. Leave one first.',
          other: 'You already own # groups, the maximum. Leave one first.'
        })
  },
  too_many_reactions: ({ max }) =>
    max === undefined
      ? t`This message already has the maximum number of different emoji.`
      : t`This message already has the maximum number of different emoji: ${{ max: formatNumber(max) }}.`,
  personal_state_full: () =>
    t`Your drafts and settings take up all the space that you have. Delete a draft first.`,
  headers_too_large: rejected,
  rate_limited: ({ retryAfterSeconds: seconds }) => {
    if (seconds === undefined) return t`That was too fast. Try again in a moment.`
    return plural(seconds, {
      one: 'That was too fast. Try again in # second.',
      other: 'That was too fast. Try again in # seconds.'
    })
  },
  too_many_streams: () => t`Parley is open in too many windows. Close some of them.`,
  internal: () => t`Something went wrong on the server. Try again in a moment.`,
  login_failed: () => t`GitHub didn’t respond as expected. Try again in a moment.`,
  storage_unavailable: () => t`The server can’t reach its storage right now. Try again in a moment.`,
  draining: () => t`The server is restarting. Try again in a moment.`
}

/** Returns the sentence for a refusal. */
export function problemText({ code, data, fields }: TextSource): string {
  if (!Object.hasOwn(problemTexts, code)) return rejected()
  const text = problemTexts[code as ProblemCode] as (data: unknown) => string
  return text({ ...data, ...(fields && { fields }) })
}

/** Returns the sentence for anything that was thrown. */
export function failureText(error: unknown): string {
  if (error instanceof Problem) return problemText({ code: error.code, data: error.data })
  return error instanceof NetworkError ? unreachable() : broken()
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
