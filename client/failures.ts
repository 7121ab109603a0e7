import {
  Problem,
  problems,
  type ProblemArguments,
  type ProblemCode,
  type ProblemDocument
} from '@parley/contract/problems'

/**
 * The server refused: the contract's problem, rebuilt from its document. `message` is the server's English `detail`, for
 * logs; make a sentence for people from `code`, `data` and `fields`.
 */
export class Refusal extends Problem {
  readonly #document: ProblemDocument
  /** The server's `Retry-After`, ms; null without one. */
  readonly retryAfterMs: number | null

  constructor(status: number, document: Partial<ProblemDocument>, retryAfterMs: number | null = null) {
    // A newer server may have codes that this client does not know.
    const known = document.code !== undefined && Object.hasOwn(problems, document.code)
    const code = known ? document.code! : codeFor(status)
    const { fields, current } = document
    const data = { ...document.data, ...(fields && { fields }), ...(current && { current }) }
    super(...([code, data] as ProblemArguments))
    const { title = this.message, detail = title } = document
    this.message = detail
    this.#document = { type: `urn:parley:problem:${code}`, ...document, title, status, detail, code }
    this.retryAfterMs = retryAfterMs
  }

  override get status(): number {
    return this.#document.status
  }

  toJSON(): ProblemDocument {
    return this.#document
  }
}

/**
 * No valid response: no network, a timeout, or a response that is not Parley's. The server may or may not
 * have acted.
 */
export class NetworkError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NetworkError'
  }
}

/** Returns whether the same request may succeed later. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof NetworkError) return true
  return error instanceof Problem && (error.status >= 500 || error.status === 429 || error.status === 408)
}

/** Returns whether the error means that the session has ended. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Problem && error.status === 401
}

/** Returns the error's `Retry-After`, ms; 0 without one. */
export function retryAfterMs(error: unknown): number {
  return error instanceof Refusal ? (error.retryAfterMs ?? 0) : 0
}

/** Returns the generic code for a status. */
function codeFor(status: number): ProblemCode {
  if (status === 401) return 'unauthenticated'
  if (status === 413) return 'body_too_large'
  return status >= 500 ? 'internal' : 'malformed_request'
}

/** Prints a programming error that no caller can handle. Refusals and network errors do not belong here. */
export function reportFault(error: unknown): void {
  console.error('Parley: unexpected error.', error)
}
