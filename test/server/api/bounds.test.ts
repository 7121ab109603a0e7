import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProblemDocument } from '@parley/contract/problems'
import { bodyMaxBytes, idMaxLength, participantsMax } from '@parley/contract/limits'
import { routes } from '@parley/contract/routes'
import { startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

type Schema = {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  allOf?: Schema[]
  oneOf?: Schema[]
  additionalProperties?: boolean | Schema
  patternProperties?: Record<string, Schema>
} & Record<string, unknown>

const many = (count: number) => Array.from({ length: count }, (_, i) => `user${i}`)

/** Lists the parts of a schema without a bound. `closed` means that an enclosing limit applies. */
function unboundedIn(schema: Schema, path: string, closed = false): string[] {
  if ('const' in schema || 'enum' in schema) return []
  const unions = [schema.anyOf, schema.oneOf, schema.allOf].find((each) => each !== undefined)
  if (unions) return unions.flatMap((each, i) => unboundedIn(each, `${path}|${i}`))
  switch (schema.type) {
    case 'string':
      return typeof schema['maxLength'] === 'number' ? [] : [path]
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
      return []
    case 'array':
      return [
        ...(typeof schema['maxItems'] === 'number' ? [] : [path]),
        ...(schema.items ? unboundedIn(schema.items, `${path}[]`) : [`${path}[]`])
      ]
    case 'object': {
      const bounded =
        closed || schema.additionalProperties === false || typeof schema['maxProperties'] === 'number'
      return [
        ...(bounded && !schema.patternProperties ? [] : [path]),
        ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) =>
          unboundedIn(each, `${path}.${name}`)
        )
      ]
    }
    default:
      return [`${path}: ${JSON.stringify(schema)}`]
  }
}

describe('request schemas', () => {
  test.each(Object.entries(routes))('bound everything that %s accepts', (_name, { schema }) => {
    const { body, querystring, params, headers } = schema as unknown as Record<string, Schema | undefined>
    const found = [
      ...(body ? unboundedIn(body, 'body') : []),
      ...(querystring ? unboundedIn(querystring, 'querystring') : []),
      // A path has a fixed number of parts, and Node limits headers to 16 kB.
      ...(params ? unboundedIn(params, 'params', true) : []),
      ...(headers ? unboundedIn(headers, 'headers', true) : [])
    ]
    expect(found).toEqual([])
  })

  test('the check finds an unbounded schema at any depth', () => {
    const text = { type: 'string' }
    expect(
      unboundedIn({ type: 'object', properties: { a: text }, additionalProperties: false }, 'b')
    ).toEqual(['b.a'])
    expect(unboundedIn({ type: 'object', properties: {} }, 'b')).toEqual(['b'])
    expect(unboundedIn({ type: 'array', items: text, maxItems: 1 }, 'b')).toEqual(['b[]'])
    expect(unboundedIn({ type: 'array', items: { ...text, maxLength: 1 } }, 'b')).toEqual(['b'])
    expect(unboundedIn({ anyOf: [{ type: 'null' }, text] }, 'b')).toEqual(['b|1'])
  })
})

describe('a refusal', () => {
  let parley: InProcess
  let john: Person
  let messages: string
  beforeAll(async () => {
    parley = await startInProcess()
    john = await parley.signIn('john')
    messages = `/api/conversations/${(await john.conversationWith('jane')).id}/messages`
  })
  afterAll(() => parley.close())

  const conversations = '/api/conversations'
  test.each([
    ['username', { username: 'x'.repeat(201) }, 'Username must be at most 200 characters.'],
    [
      'usernames',
      { title: 'a', usernames: many(participantsMax + 1) },
      'Usernames must have at most 1,000 items.'
    ],
    ['usernames.1', { title: 'a', usernames: ['jane', 1] }, 'usernames.1 must be a string.'],
    ['title', { title: 'x'.repeat(1_001), usernames: [] }, 'Title must be at most 1,000 characters.'],
    ['title', { title: 'x'.repeat(101), usernames: [] }, 'Title must be at most 100 characters.']
  ])('names %s and says what is wrong', async (field, body, detail) => {
    const answer = (await john.post(conversations, body)).json<ProblemDocument>()
    expect([answer.code, answer.detail, Object.keys(answer.errors!)]).toEqual([
      'validation_failed',
      detail,
      [field]
    ])
  })

  test('names one of tens of thousands of fields, items or parameters, in a short answer', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [i.toString(36), 1]))
    const twice = `before=1&${'before=1&'.repeat(1_500)}`
    for (const answer of [
      await john.post(conversations, { username: 'jane', ...unknown }),
      await john.post(conversations, { title: 'a', usernames: Array.from({ length: 127_000 }, () => 0) }),
      await john.post(messages, { ['x'.repeat(bodyMaxBytes - 50)]: 1 }),
      await john.get(`${messages}?${twice}`),
      await john.get(`${messages}?${many(5_000).join('&')}`),
      await john.get(`/api/oauth/github/callback?${many(5_000).join('&')}`)
    ]) {
      expect(answer.statusCode).toBe(422)
      expect(Object.keys(answer.json<ProblemDocument>().errors!)).toHaveLength(1)
      expect(answer.body.length).toBeLessThan(700)
    }
  })

  test('answers 404 to a path part that is too long', async () => {
    for (const part of ['9', 'a', '👍', '%00']) {
      const encoded = part.repeat(idMaxLength + 1)
      for (const url of [
        `${conversations}/${encoded}`,
        `${conversations}/${encoded}/messages`,
        `${messages}/1/reactions/${encodeURIComponent(part).repeat(idMaxLength)}`
      ]) {
        expect((await john.get(url)).statusCode, url.slice(0, 60)).toBeGreaterThanOrEqual(404)
        expect((await john.put(url)).statusCode).toBeLessThan(700)
      }
    }
  })
})
