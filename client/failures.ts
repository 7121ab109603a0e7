import { Problem, problems, type ProblemCode, type ProblemDocument } from '@parley/contract/problems'

/** The server refused the request: the contract's problem with its status and `Retry-After`. */
export class Refusal extends Problem {
  readonly #status: number
  readonly #title: string | undefined
  /** The server's `Retry-After`, ms; null without one. */
  readonly retryAfterMs: number | null

  constructor(status: number, problem: Partial<ProblemDocument>, retryAfterMs: number | null = null) {
    // A newer server may use codes unknown to this client; then its title and detail are shown.
    const known = problem.code !== undefined && Object.hasOwn(problems, problem.code)
    super(
      known ? problem.code! : codeFor(status),
      problem.detail ?? problem.title,
      problem.errors,
      problem.current
    )
    this.#status = status
    this.#title = problem.title
    this.retryAfterMs = retryAfterMs
  }

  override get status(): number {
    return this.#status
  }

  override toJSON(): ProblemDocument {
    const document = super.toJSON()
    return { ...document, title: this.#title ?? document.title, status: this.#status }
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
