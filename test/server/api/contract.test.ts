import * as fc from 'fast-check'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '@parley/contract/routes'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let id: string
beforeAll(async () => {
  parley = await startInProcess()
  john = await parley.signIn('john')
  id = (await john.conversationWith('jane')).id
  await john.send(id, 'hello')
})
afterAll(() => parley.close())

test('every answer has the schema of its route', async () => {
  const group = await john.group([])
  const jane = await parley.signIn('jane')
  const { id: mine } = await john.send(id, 'hello')
  const { id: grouped } = await john.send(group.split('/').at(-1)!, 'hello')
  await john.delete(`${group}/messages/${grouped}`)
  const answers = {
    loginMethods: await john.get('/api/login_methods'),
    login: await john.post('/api/login', { username: 'jane' }),
    authUser: await john.get('/api/auth_user'),
    usernames: await john.get('/api/usernames?search=j'),
    startConversation: await john.post('/api/conversations', { username: 'jane' }),
    conversations: await john.get('/api/conversations'),
    conversation: await john.get(`/api/conversations/${id}`),
    otherParticipant: await john.get(`/api/conversations/${id}/other_participant`),
    sendMessage: await john.post(`/api/conversations/${id}/messages`, { content: 'hello' }),
    messages: await john.get(`/api/conversations/${id}/messages`),
    editMessage: await john.patch(`/api/conversations/${id}/messages/${mine}`, { content: 'edited' }),
    messageVersions: await john.get(`${group}/messages/${grouped}/versions`),
    renameConversation: await john.patch(group, { title: 'Mates' }),
    presence: await john.get('/api/presence'),
    participants: await john.get(`${group}/participants`),
    addParticipant: await john.post(`${group}/participants`, { username: 'jane' }),
    changeRole: await john.patch(`${group}/participants/${jane.id}`, { role: 'admin' }),
    refreshToken: await john.post('/api/refresh_token')
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { response } = routes[name as keyof typeof answers].schema as unknown as {
      response: Record<number, never>
    }
    // Ajv checks the formats of times; this checks the shape.
    const errors = Value.Errors(response[answer.statusCode]!, answer.json()).filter(
      ({ keyword }) => keyword !== 'format'
    )
    expect([name, errors]).toEqual([name, []])
  }
})

describe('no input causes a server error, and every refusal is a problem document', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', ' ', '\0', '1', 'john', 'jane', '\ud800')
  )
  const names = [
    'content',
    'username',
    'clientId',
    'upTo',
    'title',
    'usernames',
    'history',
    'role',
    'version'
  ]
  const field = fc.constantFrom(...names, '__proto__', 'constructor', 'x')
  const body = fc.oneof(
    fc
      .dictionary(field, fc.oneof(text, fc.jsonValue()), { maxKeys: 3 })
      .map((value) => JSON.stringify(value)),
    fc.json(),
    text
  )
  const query = fc.array(
    fc.tuple(
      fc.constantFrom('before', 'after', 'search', 'peek', 'session', 'token', 'code', 'state', 'x'),
      text
    ),
    { maxLength: 3 }
  )
  const headers = fc.record(
    {
      'content-type': fc.constantFrom(
        'application/json',
        'application/json; charset=x',
        'text/plain',
        '',
        'x'
      ),
      'idempotency-key': fc.string({ maxLength: 300 }).map((each) => encodeURIComponent(each)),
      cookie: fc
        .string()
        .map(
          (each) => `parley_session=${encodeURIComponent(each)}; parley_oauth=${encodeURIComponent(each)}`
        ),
      origin: fc.webUrl(),
      accept: fc.constantFrom('*/*', 'application/json', 'text/html')
    },
    { requiredKeys: [] }
  )
  const segment = fc.oneof(
    fc.constantFrom('1', '2', '0', '999999'),
    fc.string({ unit: 'binary' }).map(encoded)
  )

  const every = Object.entries(routes).filter(([name]) => name !== 'logout')
  test.each(every)('%s', async (_name, { method, url }) => {
    await fc.assert(
      fc.asyncProperty(
        body,
        query,
        headers,
        segment,
        segment,
        fc.boolean(),
        async (payload, pairs, extra, part, other, signedIn) => {
          const search = pairs.map(([key, value]) => `${key}=${encoded(value)}`).join('&')
          const answer = await parley.inject({
            method,
            url: `${url.replace(':conversationId', part).replaceAll(/:\w+/g, other)}?${search}`,
            headers: { ...extra, ...(signedIn && { authorization: `Bearer ${john.token}` }) },
            ...(method !== 'GET' && { payload })
          })
          expect(answer.statusCode).toBeLessThan(500)
          if (answer.statusCode >= 400) refusal(answer)
        }
      ),
      { numRuns: 150 }
    )
  })
})

/** Percent-encodes text, including invalid Unicode. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
