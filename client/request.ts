import { parseCursor, type Cursor } from '@parley/contract/cursor'
import type { ProblemDocument } from '@parley/contract/problems'
import type { Clock } from './clock.ts'
import { NetworkError, Refusal } from './failures.ts'

/** Maximum delay accepted from `Retry-After`, ms. */
const waitMaxMs = 60 * 60_000

/** Where and how to send requests. Without a token, the browser's cookie authenticates. */
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
  /** Whether the request outlives the page that sends it. Browsers limit the body to 64 kB. */
  keepalive?: boolean | undefined
  /** Receives the headers of each valid response. */
  onHeaders?: (headers: Headers) => void
}

/** A response body, with the log position that it includes at least. */
export type Answer<Data> = { data: Data; cursor: Cursor | null }

/**
 * Makes one JSON request. Throws `Refusal` if the server refused it, `NetworkError` without a valid response,
 * and the signal's reason if the caller aborted.
 */
export async function request<Data>(connection: Connection, spec: RequestSpec): Promise<Answer<Data>> {
  return exchange(connection, spec, async (response) => {
    const text = await response.text()
    spec.onHeaders?.(response.headers)
    const cursor = parseCursor(response.headers.get('event-cursor') ?? '')
    if (text === '') return { data: undefined as Data, cursor }
    const data = parseJson(text)
    // A captive portal's or proxy's page may have status 200.
    if (data === undefined) throw new NetworkError('The response is not JSON')
    return { data: data as Data, cursor }
  })
}

/** Opens a streaming response; the timeout covers its headers only. Throws what `request` throws. */
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
    throw new NetworkError(
      late.signal.aborted ? 'The server did not answer in time' : 'The server is unreachable',
      {
        cause: error
      }
    )
  } finally {
    cancel()
  }
}

function init({ token }: Connection, { method = 'GET', headers, body, keepalive }: RequestSpec): RequestInit {
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
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(keepalive && { keepalive })
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
  // A proxy may reject a large body or a high rate itself. Other pages that are not Parley's belong to a
  // captive portal.
  if (!problem && status < 500 && status !== 429 && status !== 413)
    return new NetworkError(`Unexpected response: ${status}`)
  return new Refusal(status, problem ?? {}, waitOf(headers, connection.clock.now()))
}

/**
 * Returns the delay of `Retry-After`, ms. The header holds seconds or, from some proxies, a date (RFC 9110,
 * 10.2.3). A date is relative to the server's clock because the device's may be hours off.
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
