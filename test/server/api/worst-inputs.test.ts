import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bodyMaxBytes } from '@parley/contract/limits'
import { routes } from '@parley/contract/routes'
import { growthProblem } from '../../fixtures/processor-time.ts'
import { startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

type Fields = Record<string, { type?: string; items?: { type?: string } }>
type Place = {
  route: string
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  url: string
  part: string
  field: string
  start: string
}

/** Node's default limit for the request line and headers together, which Parley keeps. */
const headersMaxBytes = 16 * 1_024

/** Valid values for the other fields of a body. */
const besides: Record<string, object> = {
  startConversation: { title: 'a' },
  editMessage: { version: 1 }
}
/** Headers that the server or one of its libraries parses, with the prefix before the worst input. */
const headers: Record<string, string> = {
  authorization: 'Bearer ',
  cookie: 'parley_session=',
  'content-type': 'application/json;',
  accept: 'text/event-stream,',
  'accept-encoding': 'gzip;',
  'last-event-id': '',
  'idempotency-key': '',
  origin: 'http://',
  host: '',
  'x-forwarded-for': '',
  'sec-fetch-site': '',
  'if-none-match': '"',
  connection: ''
}

/** Every place in a request that takes text. */
const places: Place[] = Object.entries(routes).flatMap(([route, { method, url, schema }]) => {
  const { body, querystring } = schema as {
    body?: { properties: Fields }
    querystring?: { properties: Fields }
  }
  const at = (part: string, field: string, start = '') => ({ route, method, url, part, field, start })
  const texts = Object.entries(body?.properties ?? {}).filter(([, each]) => each.type !== 'integer')
  return [
    ...texts.map(([field]) => at('body', field)),
    ...(body ? [at('body', 'an unknown field')] : []),
    ...Object.keys(querystring?.properties ?? {}).map((field) => at('query', field)),
    ...Array.from(url.matchAll(/:(\w+)/g), ([, field]) => at('address', field!))
  ]
})
const inHeaders: Place[] = Object.entries(headers).map(([field, start]) => {
  const { method, url } =
    routes[field === 'content-type' || field === 'idempotency-key' ? 'sendMessage' : 'events']
  return { route: 'headers', method, url, part: 'header', field, start }
})

let parley: InProcess
let john: Person
let conversationId: string
beforeAll(async () => {
  // The largest maximum message length that the settings allow.
  parley = await startInProcess({ PARLEY_MESSAGE_MAX_LENGTH: '60000' })
  john = await parley.signIn('john')
  conversationId = (await john.conversationWith('jane')).id
})
afterAll(() => parley.close())

function requestOf({ route, method, url, part, field }: Place, worst: string) {
  const path = url
    .replace(part === 'address' ? `:${field}` : '\0', () => encodeURIComponent(worst.toWellFormed()))
    .replace(':conversationId', conversationId)
    .replaceAll(/:\w+/g, '1')
  const query = part === 'query' ? `?${field}=${encodeURIComponent(worst)}` : ''
  const list = field === 'usernames' ? [worst] : worst
  const value = field === 'an unknown field' ? { [worst]: 1 } : { ...besides[route], [field]: list }
  const header = part === 'header' && { [field]: Buffer.from(worst).toString('latin1') }
  const signedIn = field !== 'cookie' && { authorization: `Bearer ${john.token}` }
  return {
    method,
    url: path + query,
    headers: { ...signedIn, ...(method !== 'GET' && { 'content-type': 'application/json' }), ...header },
    ...(part === 'body' && { payload: JSON.stringify(value) }),
    ...(part === 'header' && method !== 'GET' && { payload: '{"content":""}' })
  }
}

describe('the processor time of a request grows at most linearly with its size', () => {
  test.each([...places, ...inHeaders])('$route: $part $field', async (place) => {
    const problem = await growthProblem(
      async (worst, family) => {
        const { statusCode } = await parley.inject(requestOf(place, worst))
        if (statusCode >= 500) throw new Error(`${family}: ${statusCode}`)
      },
      { start: place.start, large: place.part === 'body' ? bodyMaxBytes : headersMaxBytes }
    )
    expect(problem).toBeNull()
  })
})
