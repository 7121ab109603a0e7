import { parseCursor, type Cursor } from '@parley/contract/cursor'
import type { ProblemDocument } from '@parley/contract/problems'
import type { Clock } from './clock.ts'
import { NetworkError, Refusal } from './failures.ts'

/** Longest wait that `Retry-After` may ask for, ms. */
const waitMaxMs = 60 * 60_000

/** Where requests go and as whom. Without a token the browser's cookie speaks. */
export type Connection = {
  baseUrl: string
  token: string | null
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly timeoutMs: number
  readonly onServerTime?: ((serverMs: number) => void) | undefined
}

export type RequestSpec = {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  path: string
  query?: Record<string, string | undefined>
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
  /** Receives the headers of an answer that counts. */
  onHeaders?: (headers: Headers) => void
}

/** An answer's body, and the place in my log that it is true of at least. */
export type Answer<Data> = { data: Data; cursor: Cursor | null }

/**
 * One JSON request. Throws `Refusal` where the server said no, `NetworkError` where there was no answer that counts,
 * and the signal's reason where the caller gave up.
 */
export async function request<Data>(connection: Connection, spec: RequestSpec): Promise<Answer<Data>> {
  return exchange(connection, spec, async (response) => {
    const text = await response.text()
    spec.onHeaders?.(response.headers)
    const cursor = parseCursor(response.headers.get('event-cursor') ?? '')
    if (text === '') return { data: undefined as Data, cursor }
    const data = parseJson(text)
    // A captive portal or a proxy's own page answers 200 too.
    if (data === undefined) throw new NetworkError('The answer is not JSON')
    return { data: data as Data, cursor }
  })
}

/** Opens a response to be read as it comes; the time limit covers its headers alone. Throws as `request` does. */
export function open(connection: Connection, spec: RequestSpec): Promise<Response> {
  return exchange(connection, spec, (response) => Promise.resolve(response))
}

async function exchange<Result>(
  connection: Connection,
  spec: RequestSpec,
  read: (response: Response) => Promise<Result>
): Promise<Result> {
  const late = new AbortController()
  const cancel = connection.clock.after(connection.timeoutMs, () => late.abort())
  const signal = spec.signal ? AbortSignal.any([spec.signal, late.signal]) : late.signal
  try {
    const response = await connection.fetch(address(connection, spec), { ...init(connection, spec), signal })
    if (!response.ok) throw await refusalOf(response, connection)
    const result = await read(response)
    const serverMs = Date.parse(response.headers.get('date') ?? '')
    if (!Number.isNaN(serverMs)) connection.onServerTime?.(serverMs)
    return result
  } catch (error) {
    spec.signal?.throwIfAborted()
    if (error instanceof Refusal || error instanceof NetworkError) throw error
    throw new NetworkError(late.signal.aborted ? 'No answer in time' : 'The server cannot be reached', {
      cause: error
    })
  } finally {
    cancel()
  }
}

function init({ token }: Connection, { method = 'GET', headers, body }: RequestSpec): RequestInit {
  return {
    method,
    credentials: token === null ? 'same-origin' : 'omit',
    cache: 'no-store',
    headers: {
      accept: 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers
    },
    ...(body !== undefined && { body: JSON.stringify(body) })
  }
}

function address({ baseUrl }: Connection, { path, query = {} }: RequestSpec): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const search = new URLSearchParams(given).toString()
  return baseUrl + path + (search && `?${search}`)
}

async function refusalOf(response: Response, connection: Connection): Promise<Refusal | NetworkError> {
  const text = await response.text()
  const problem = parseJson(text) as Partial<ProblemDocument> | undefined
  const { status, headers } = response
  // A proxy may refuse a large body itself; any other page that is not Parley's is a captive portal's.
  if (!problem && status < 500 && status !== 429 && status !== 413)
    return new NetworkError(`An answer of another kind: ${status}`)
  return new Refusal(status, problem ?? {}, waitOf(headers, connection.clock.now()))
}

/**
 * What `Retry-After` asks to wait, ms: seconds, or, as some proxies write it, a date (RFC 9110, 10.2.3), which counts from
 * the server's own: this device's clock may be hours off.
 */
function waitOf(headers: Headers, now: number): number | null {
  const retryAfter = headers.get('retry-after')
  if (retryAfter === null) return null
  const sentAt = Date.parse(headers.get('date') ?? '') || now
  const isDate = /^[A-Z][a-z]+, .+ GMT$/.test(retryAfter)
  if (!isDate && !/^\d+$/.test(retryAfter)) return null
  const ms = isDate ? Date.parse(retryAfter) - sentAt : Number(retryAfter) * 1_000
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), waitMaxMs)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
