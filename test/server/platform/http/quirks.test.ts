import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accepts } from '../../../../server/platform/http/media-types.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../../harness/in-process.ts'

let parley: InProcess
let john: Person
let id: string
let port: number
beforeAll(async () => {
  parley = await startInProcess()
  john = await parley.signIn('john')
  id = (await john.conversationWith('jane')).id
  port = Number(new URL(await parley.listen()).port)
})
afterAll(() => parley.close())

/** Sends bytes and returns the answer up to `pattern`. */
async function ask(line: string, headers: string[], pattern: RegExp, body = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const head = [`${line} HTTP/1.1`, 'Host: a', `Authorization: Bearer ${john.token}`, ...headers]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  let answer = ''
  while (!pattern.test(answer)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    answer += chunk.toString()
  }
  socket.destroy()
  return answer
}
const statusOf = async (line: string, headers: string[], body = '') =>
  Number((await ask(line, headers, /\r\n\r\n/, body)).split(' ')[1])

const message = () => john.send(id, 'hello')

const types = [
  'application/json',
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/x-www-form-urlencoded',
  'text/plain;charset=UTF-8',
  'nonsense'
]

describe.each(types)('without a body, Content-Type: %s is ignored', (type) => {
  test.each([
    ['no length', []],
    ['Content-Length: 0', ['Content-Length: 0']]
  ])('with %s', async (_what, length) => {
    const headers = [`Content-Type: ${type}`, ...length]
    const path = `/api/conversations/${id}`
    const at = `${path}/messages/${(await message()).id}`
    expect(await statusOf(`PUT ${at}/reactions/%F0%9F%91%8D`, headers)).toBe(204)
    expect(await statusOf(`DELETE ${at}/reactions/%F0%9F%91%8D`, headers)).toBe(204)
    expect(await statusOf(`DELETE ${at}`, headers)).toBe(204)
    expect(await statusOf(`POST ${path}/read_messages`, headers)).toBe(204)
    expect(await statusOf(`POST ${path}/typing`, headers)).toBe(204)
    expect(await statusOf('GET /api/conversations', headers)).toBe(200)
    // Where a body is required, its absence is the error.
    expect(await statusOf(`POST ${path}/messages`, headers)).toBe(422)
    expect(await statusOf(`PATCH ${path}`, headers)).toBe(422)
  })
})

test('an empty chunked body counts as no body', async () => {
  const headers = ['Content-Type: application/json', 'Transfer-Encoding: chunked']
  expect(await statusOf(`POST /api/conversations/${id}/read_messages`, headers, '0\r\n\r\n')).toBe(204)
})

test.each(['application/JSON', 'Application/Json; Charset=UTF-8', 'application/json;charset="utf-8"'])(
  'a body of type %s is parsed as JSON',
  async (type) => {
    const path = `/api/conversations/${id}/messages`
    const answer = await john.post(path, JSON.stringify({ content: 'hello' }), { 'content-type': type })
    expect(answer.statusCode).toBe(201)
  }
)

test.each(['application/vnd.api+json', 'text/json', 'application/jsonp'])(
  'a body of type %s is refused',
  async (type) => {
    const path = `/api/conversations/${id}/messages`
    const answer = await john.post(path, JSON.stringify({ content: 'hello' }), { 'content-type': type })
    expect(refusal(answer)).toBe('415 media_type_unsupported')
  }
)

describe('an event stream', () => {
  test.each([
    'text/event-stream',
    'TEXT/Event-Stream',
    'Text/Event-Stream;charset=utf-8',
    'application/json, TEXT/EVENT-STREAM ; q=0.5'
  ])('is selected by Accept: %s', async (accept) => {
    expect(await statusOf('GET /api/messages', [`Accept: ${accept}`])).toBe(200)
  })

  test.each(['*/*', 'text/*', 'application/json', 'text/event-stream;q=0', 'text/event-streams'])(
    'is not selected by Accept: %s',
    async (accept) => {
      expect(await statusOf('GET /api/messages', [`Accept: ${accept}`])).toBe(406)
    }
  )

  test('resumes from ?lastEventId=, which takes precedence over ?after= and yields to the header', async () => {
    const head = (await john.get('/api/conversations')).headers['event-cursor'] as string
    const [epoch, seq] = head.split('-') as [string, string]
    const accept = 'Accept: text/event-stream'
    const before = `${epoch}-${Number(seq) - 1}`
    const path = '/api/messages?'
    const resumed = new RegExp(`^id: ${head}$`, 'm')
    for (const [query, headers] of [
      [`lastEventId=${before}`, []],
      [`after=${head}&lastEventId=${before}`, []],
      [`lastEventId=&after=${before}`, []],
      [`lastEventId=${head}`, [`Last-Event-ID: ${before}`]]
    ] as const) {
      const answer = await ask(`GET ${path}${query}`, [accept, ...headers], /event: sync/)
      expect([query, resumed.test(answer), answer.includes(`id: ${before}\n`)]).toEqual([query, true, false])
    }
    expect(await statusOf(`GET ${path}lastEventId=junk`, [accept])).toBe(400)
  })

  test('ignores cache busters, as other routes do', async () => {
    expect(await statusOf('GET /api/messages?_=1&_=2', ['Accept: text/event-stream'])).toBe(200)
    expect((await john.get('/api/conversations?_=1771')).statusCode).toBe(200)
    expect(refusal(await john.get('/api/conversations?__=1'))).toBe('422 validation_failed __')
  })
})

test.each([
  ['text/html', 'text/html,application/xhtml+xml;q=0.9', true],
  ['text/html', 'TEXT/HTML', true],
  ['text/html', 'text/html-sandboxed', false],
  ['text/html', undefined, false]
])('%s in Accept: %s is %s', (type, accept, expected) => expect(accepts(accept, type)).toBe(expected))
