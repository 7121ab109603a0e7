import type { Message } from './messages.ts'
import type { Role } from './participants.ts'
import type { ServerRole } from './primitives.ts'
import type { FieldProblem, FieldProblems } from './field-problems.ts'
import type { PersonalValue } from './personal-state.ts'
import type { GroupAction } from './roles.ts'

/**
 * Status and title of every refusal, by its stable `code`. `docs/PROBLEMS.md` lists the same codes; a test compares the
 * two.
 */
export const problems = {
  malformed_request: { status: 400, title: 'Malformed request' },
  cursor_invalid: { status: 400, title: 'Invalid cursor' },
  unauthenticated: { status: 401, title: 'Sign-in required' },
  origin_mismatch: { status: 403, title: 'Request from another origin' },
  conversation_with_yourself: { status: 403, title: 'Conversation with yourself' },
  not_allowed: { status: 403, title: 'Not allowed' },
  role_required: { status: 403, title: 'Role required' },
  not_your_message: { status: 403, title: 'Not your message' },
  oauth_state_invalid: { status: 403, title: 'Sign-in expired or started elsewhere' },
  account_disabled: { status: 403, title: 'Account disabled' },
  registration_closed: { status: 403, title: 'Registration closed' },
  login_denied: { status: 403, title: 'Sign-in cancelled' },
  not_found: { status: 404, title: 'Not found' },
  login_unavailable: { status: 404, title: 'Sign-in method unavailable' },
  user_not_found: { status: 404, title: 'User not found' },
  conversation_not_found: { status: 404, title: 'Conversation not found' },
  participant_not_found: { status: 404, title: 'Participant not found' },
  message_not_found: { status: 404, title: 'Message not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_acceptable: { status: 406, title: 'Not acceptable' },
  request_timeout: { status: 408, title: 'Request timeout' },
  message_deleted: { status: 409, title: 'Message deleted' },
  version_conflict: { status: 409, title: 'Version conflict' },
  body_too_large: { status: 413, title: 'Body too large' },
  media_type_unsupported: { status: 415, title: 'Unsupported media type' },
  validation_failed: { status: 422, title: 'Validation failed' },
  idempotency_mismatch: { status: 422, title: 'Idempotency key reused' },
  group_full: { status: 422, title: 'Group full' },
  too_many_groups: { status: 422, title: 'Too many groups' },
  personal_state_full: { status: 422, title: 'Personal state full' },
  too_many_reactions: { status: 422, title: 'Too many reactions' },
  headers_too_large: { status: 431, title: 'Headers too large' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_streams: { status: 429, title: 'Too many streams' },
  internal: { status: 500, title: 'Internal error' },
  login_failed: { status: 502, title: 'Identity provider failed' },
  storage_unavailable: { status: 503, title: 'Storage unavailable' },
  draining: { status: 503, title: 'Server stopping' }
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

/** What a `version_conflict` shows: the message, or the personal value, as it is now. */
export type Current = Message | PersonalValue

/** The message that a `version_conflict` shows; undefined where it shows none. */
export function currentMessage({ current }: { current?: Current | undefined }): Message | undefined {
  return current && 'content' in current ? current : undefined
}

/** What a refusal says beside its code. Clients make their own sentences from it. Codes that are not here have no data. */
export type ProblemData = {
  malformed_request: {
    reason?:
      | 'not_http'
      | 'host_missing'
      | 'address_invalid'
      | 'length_mismatch'
      | 'not_utf8'
      | 'not_json'
      | 'request_follows'
  }
  unauthenticated: { reason: 'token_missing' | 'token_invalid' | 'session_ended' }
  /** `origin` is where Parley expects to be opened. */
  origin_mismatch: { origin: string }
  /** With `role`: the caller's role, and the action that it does not allow. */
  not_allowed:
    | { reason: 'role'; role: Role; action: GroupAction }
    | { reason: 'target_is_owner' | 'own_role' | 'direct_conversation' | 'system_line' | 'forwarded_message' }
  /** The lowest server role that may call the route. */
  role_required: { role: ServerRole }
  login_unavailable: { method: 'development' | 'github' }
  user_not_found: { username: string }
  participant_not_found: { reason?: 'is_group' }
  /** The methods that the address takes. */
  method_not_allowed: { methods: readonly string[] }
  request_timeout: { seconds: number }
  version_conflict: { current: Current }
  body_too_large: { maxBytes: number }
  validation_failed: { fields: FieldProblems }
  /** `max` counts participants, the owner included. */
  group_full: { max: number }
  /** `username` is the new owner's when it is their limit, and missing when it is the caller's. */
  too_many_groups: { max: number; username?: string }
  personal_state_full: { maxBytes: number }
  too_many_reactions: { max: number }
  headers_too_large: { maxBytes: number }
  rate_limited: { retryAfterSeconds: number }
  login_failed: {
    reason: 'code_missing' | 'code_refused' | 'profile_missing' | 'unreachable' | 'unexpected_answer'
  }
  storage_unavailable: { reason?: 'queue_full' | 'timeout' }
}

/** The data of one code; of a code without data, nothing. */
export type DataOf<Code extends ProblemCode> = Code extends keyof ProblemData ? ProblemData[Code] : object

/** Codes that can be given alone. */
export type PlainCode = {
  [Code in ProblemCode]: object extends DataOf<Code> ? Code : never
}[ProblemCode]

/** A code with its data. */
export type ProblemArguments =
  | [code: PlainCode]
  | { [Code in keyof ProblemData]: [code: Code, data: ProblemData[Code]] }[keyof ProblemData]

/** The body of a refusal, `application/problem+json` (RFC 9457). */
export type ProblemDocument = {
  type: string
  title: string
  status: number
  /** English, for developers and logs; apps make their own sentences from `code`, `data` and `fields`. */
  detail: string
  code: ProblemCode
  /** With `validation_failed`: the same as `fields`, in English. */
  errors?: Record<string, string>
  /** With `version_conflict`. */
  current?: Current
  /** With `validation_failed`. */
  fields?: FieldProblems
  /** The rest of `ProblemData`. */
  data?: Record<string, unknown>
}

/** A refusal on its way to the client: a code and its data, without a sentence. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly data: Readonly<Record<string, unknown>>

  constructor(...[code, data = {}]: ProblemArguments) {
    super(problems[code].title)
    this.name = 'Problem'
    this.code = code
    this.data = data
  }

  /** Notes what caused it, for the log alone. */
  causedBy(cause: unknown): this {
    this.cause = cause
    return this
  }

  get status(): number {
    return problems[this.code].status
  }

  /** What is wrong, by the field's name; `validation_failed` carries it. */
  get fields(): FieldProblems | undefined {
    return this.data['fields'] as FieldProblems | undefined
  }

  /** With `version_conflict`. */
  get current(): Current | undefined {
    return this.data['current'] as Current | undefined
  }
}

/** A `validation_failed` for one field. */
export function fieldProblem(field: string, problem: FieldProblem): Problem {
  return new Problem('validation_failed', { fields: { [field]: problem } })
}
