import { Problem, problems, type ProblemCode, type ProblemDocument } from '@parley/contract/problems'

/** The server said no: the contract's problem, with the status and the waiting time that came with it. */
export class Refusal extends Problem {
  readonly #status: number
  readonly #title: string | undefined
  /** What the server asked to wait before another try, ms. */
  readonly retryAfterMs: number | null

  constructor(status: number, problem: Partial<ProblemDocument>, retryAfterMs: number | null = null) {
    // A newer server may have codes that this client does not know: its own words say what is wrong.
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

/** No answer that counts: no network, no answer in time, or not Parley's. Whether the server acted is not known. */
export class NetworkError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NetworkError'
  }
}

/** Whether the same request may succeed later, without anybody changing it. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof NetworkError) return true
  return error instanceof Problem && (error.status >= 500 || error.status === 429 || error.status === 408)
}

/** Whether the session is over. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Problem && error.status === 401
}

/** What the server asked to wait, ms; 0 where it asked for nothing. */
export function retryAfterMs(error: unknown): number {
  return error instanceof Refusal ? (error.retryAfterMs ?? 0) : 0
}

/** A code that says no more than the status does. */
function codeFor(status: number): ProblemCode {
  if (status === 401) return 'unauthenticated'
  if (status === 413) return 'body_too_large'
  return status >= 500 ? 'internal' : 'malformed_request'
}

/** Prints a fault of the program that no caller can handle; never a refusal or a lost network. */
export function reportFault(error: unknown): void {
  console.error('Parley met a fault.', error)
}
