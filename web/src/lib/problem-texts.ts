import type { ProblemCode } from '@parley/contract/problems'

/** What went wrong and what to do about it, for people. Other codes show the server's own sentence. */
const sentences: Partial<Record<ProblemCode | 'login_denied', string>> = {
  oauth_state_invalid: 'The sign-in took too long, or was started in another window. Please try again.',
  account_disabled: 'Your account is disabled. Ask the administrator of this server.',
  registration_closed: 'You have no account on this server. Ask its administrator to let you in.',
  login_denied: 'Sign-in with GitHub was cancelled. Try again, or use another way to sign in.',
  login_failed: 'GitHub did not answer as expected. Please try again in a moment.',
  login_unavailable: 'This server does not offer this way to sign in.',
  origin_mismatch:
    'This page was opened at another address than the server expects. Open Parley at its own address.',
  unauthenticated: 'You’ve been signed out. Sign in again.',
  user_not_found: 'No one has this username. Check the spelling.',
  conversation_with_yourself: 'You can’t start a conversation with yourself. Enter another username.',
  conversation_not_found: 'You’re no longer a member of this conversation.',
  message_not_found: 'This message no longer exists.',
  not_allowed: 'Your role in this group doesn’t allow this.',
  not_your_message: 'Only the author of a message can do this.',
  participant_not_found: 'They’re no longer a member of this group.',
  message_deleted: 'This message was deleted in the meantime.',
  version_conflict: 'The message was edited on another device in the meantime.',
  group_full: 'This group is full.',
  too_many_reactions: 'This message already has the maximum number of different emoji.',
  body_too_large: 'This is too long. Shorten it.',
  idempotency_mismatch: 'This message was already sent with different content. Discard this one.',
  storage_unavailable: 'The server cannot reach its storage right now. Please try again in a moment.',
  draining: 'The server is restarting. Please try again in a moment.',
  internal: 'Something went wrong on the server. Please try again in a moment.'
}

const general = 'The server rejected this.'
const unreachable = 'The server can’t be reached. Check your network, then try again.'

/** A sentence for a refusal's code, or for a failure that the server did not explain. */
export function problemText(problem: { code?: string; message?: string } | null): string {
  if (!problem?.code) return unreachable
  // The server says which field is wrong. For an unknown code, its sentence is the only one there is.
  return (
    (Object.hasOwn(sentences, problem.code) && sentences[problem.code as ProblemCode]) ||
    (problem.message ?? general)
  )
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

/** The code of whatever was thrown. */
export function problemOf(error: unknown): { code?: string; message?: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? { code: error.code, message: error.message }
    : {}
}

/** Throws whatever was thrown again, as a sentence. */
export function explained(error: unknown): never {
  throw new Error(problemText(problemOf(error)), { cause: error })
}
