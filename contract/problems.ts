import type { Message } from './entities.ts'

/**
 * Every refusal the server can give: its status and its title, by the `code` that clients may rely on.
 * `docs/PROBLEMS.md` lists the same codes; a test holds the two together.
 */
export const problems = {
  malformed_request: { status: 400, title: 'The request cannot be parsed' },
  cursor_invalid: { status: 400, title: 'The cursor is not one this server writes' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  origin_mismatch: { status: 403, title: "The request does not come from this server's own pages" },
  conversation_with_yourself: { status: 403, title: 'A conversation needs somebody else' },
  not_allowed: { status: 403, title: 'You may not do this here' },
  not_your_message: { status: 403, title: 'Only its sender may do this to a message' },
  oauth_state_invalid: { status: 403, title: 'The sign-in was not started here, or too long ago' },
  account_disabled: { status: 403, title: 'This account is disabled' },
  registration_closed: { status: 403, title: 'This server takes no new accounts this way' },
  login_denied: { status: 403, title: 'The sign-in was called off' },
  not_found: { status: 404, title: 'Nothing is at this address' },
  login_unavailable: { status: 404, title: 'This server does not offer this way to sign in' },
  user_not_found: { status: 404, title: 'No such user' },
  conversation_not_found: { status: 404, title: 'No such conversation' },
  participant_not_found: { status: 404, title: 'Nobody of this id is in the conversation' },
  message_not_found: { status: 404, title: 'No such message' },
  method_not_allowed: { status: 405, title: 'This address does not take this method' },
  not_acceptable: { status: 406, title: 'This address answers with an event stream only' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  message_deleted: { status: 409, title: 'The message was deleted' },
  version_conflict: { status: 409, title: 'The message was edited meanwhile' },
  body_too_large: { status: 413, title: 'The body is too large' },
  media_type_unsupported: { status: 415, title: 'The body is not application/json' },
  validation_failed: { status: 422, title: 'Some fields are not valid' },
  idempotency_mismatch: { status: 422, title: 'This key was used for another message' },
  group_full: { status: 422, title: 'The group has as many people as it may' },
  too_many_groups: { status: 422, title: 'You own as many groups as one person may' },
  too_many_reactions: { status: 422, title: 'The message has as many different reactions as it may' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_streams: { status: 429, title: 'Too many streams are open' },
  internal: { status: 500, title: 'Something went wrong here' },
  login_failed: { status: 502, title: 'The identity provider did not answer as expected' },
  storage_unavailable: { status: 503, title: 'The message store cannot answer now' },
  draining: { status: 503, title: 'The server is stopping' }
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

/** The body of a refusal, `application/problem+json` (RFC 9457). */
export type ProblemDocument = {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
  errors?: Record<string, string>
  /** With `version_conflict`: the message as it is now. */
  current?: Message
}

/** A refusal on its way to the client. Thrown by every room, answered by `http/`, rebuilt by the client. */
export class Problem extends Error {
  readonly code: ProblemCode
  /** What is wrong, by the field's name; `validation_failed` carries it. */
  readonly errors: Record<string, string> | undefined
  /** With `version_conflict`: the message as it is now. */
  readonly current: Message | undefined

  constructor(code: ProblemCode, detail?: string, errors?: Record<string, string>, current?: Message) {
    super(detail ?? problems[code].title)
    this.name = 'Problem'
    this.code = code
    this.errors = errors
    this.current = current
  }

  /** Notes what caused it, for the log alone. */
  causedBy(cause: unknown): this {
    this.cause = cause
    return this
  }

  get status(): number {
    return problems[this.code].status
  }

  toJSON(): ProblemDocument {
    const { status, title } = problems[this.code]
    return {
      type: `urn:parley:problem:${this.code}`,
      title,
      status,
      detail: this.message,
      code: this.code,
      ...(this.errors && { errors: this.errors }),
      ...(this.current && { current: this.current })
    }
  }
}
