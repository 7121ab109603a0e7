import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callFor } from '../../harness/api.ts'
import { startInProcess, type InProcess } from '../../harness/in-process.ts'

/**
 * The tutorial series' own client: its `http` module, its `EventSource` with `?token=`, its order of calls,
 * and the fields that its pages read.
 */
let parley: InProcess
let url: string
beforeAll(async () => {
  parley = await startInProcess()
  url = await parley.listen()
})
afterAll(() => parley.close())

type Json = Record<string, unknown>

class Browser {
  token = ''
  authUser: Json = {}
  readonly messages: Json[] = []
  #listener: ((message: Json) => void) | undefined
  #stream: AbortController | undefined

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' })
      },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as never }
  }

  async login(username: string): Promise<void> {
    // The page has ORIGIN as its origin; this server listens on another port.
    const login = { method: 'POST', body: { username } }
    const { body } = await callFor<Json>('localhost:3000', `${url}/api/login`, login)
    const { authUser, token, expiresAt } = body
    this.token = token as string
    this.authUser = authUser as Json
    // The series stores the expiry and checks it on each page.
    expect(new Date(expiresAt as string).getTime()).toBeGreaterThan(Date.now())
  }

  /**
   * Does what `new EventSource('/api/messages?token=…')` with `onmessage` does: it receives unnamed events
   * only.
   */
  async subscribe(): Promise<void> {
    this.#stream = new AbortController()
    const response = await fetch(`${url}/api/messages?token=${this.token}`, {
      headers: { accept: 'text/event-stream' },
      signal: this.#stream.signal
    })
    expect(response.status).toBe(200)
    // The first block is only an id; every event after it is delivered.
    const begun = Promise.withResolvers<string>()
    const parser = createParser({ onEvent: (event) => this.#receive(event), onId: begun.resolve })
    const decoder = new TextDecoder()
    void (async () => {
      for await (const chunk of response.body!)
        parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }))
    })().catch(() => {})
    await begun.promise
  }

  nextMessage(): Promise<Json> {
    return new Promise((resolve) => {
      this.#listener = resolve
    })
  }

  leave(): void {
    this.#stream?.abort()
  }

  #receive({ event, data }: EventSourceMessage): void {
    if (event !== undefined) return
    const message = JSON.parse(data) as Json
    this.messages.push(message)
    this.#listener?.(message)
  }
}

describe('the calls of the tutorial series work in the order of the series', () => {
  const john = new Browser()
  const jane = new Browser()
  let conversationId: string
  afterAll(() => {
    john.leave()
    jane.leave()
  })

  test('the access page signs john and jane in', async () => {
    await john.login('john')
    await jane.login('jane')
    expect(john.authUser).toMatchObject({ id: expect.any(String), username: 'john', avatarURL: null })
  })

  test('the callback page fetches the signed-in user', async () => {
    expect((await john.request('GET', '/api/auth_user')).body).toEqual(john.authUser)
  })

  test('the home page lists conversations, suggests usernames and starts one', async () => {
    expect(await john.request('GET', '/api/conversations')).toEqual({ status: 200, body: [] })
    await jane.subscribe()
    expect((await john.request('GET', '/api/usernames?search=ja')).body).toEqual(['jane'])
    const { status, body } = await john.request('POST', '/api/conversations', { username: 'jane' })
    expect(status).toBe(201)
    conversationId = (body as Json)['id'] as string
    expect(conversationId).toEqual(expect.any(String))
  })

  test('the conversation page shows the other participant and no messages', async () => {
    const [messages, other] = await Promise.all([
      john.request('GET', `/api/conversations/${conversationId}/messages`),
      john.request('GET', `/api/conversations/${conversationId}/other_participant`)
    ])
    expect(messages.body).toEqual([])
    expect(other.body).toEqual(jane.authUser)
    await john.subscribe()
  })

  test('john sends, and jane receives it over her EventSource', async () => {
    const arriving = jane.nextMessage()
    const { status, body } = await john.request('POST', `/api/conversations/${conversationId}/messages`, {
      content: ' hello\njane '
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      id: expect.any(String),
      content: 'hello\njane',
      conversationId,
      createdAt: expect.any(String),
      mine: true
    })
    expect(new Date((body as Json)['createdAt'] as string).getTime()).toBeGreaterThan(0)
    const { id, content, createdAt } = body as Json
    expect(await arriving).toMatchObject({ id, content, createdAt, conversationId, mine: false })
  })

  test("jane's home page lists the conversation as unread", async () => {
    const { body } = await jane.request('GET', '/api/conversations')
    expect(body).toEqual([
      expect.objectContaining({
        id: conversationId,
        otherParticipant: john.authUser,
        lastMessage: expect.objectContaining({
          content: 'hello\njane',
          mine: false,
          createdAt: expect.any(String)
        }),
        hasUnreadMessages: true
      })
    ])
    const updated = (await jane.request('GET', `/api/conversations/${conversationId}`)).body
    expect(updated).toEqual(body[0])
  })

  test('jane opens it, which marks it as read, and replies', async () => {
    const { body } = await jane.request('GET', `/api/conversations/${conversationId}/messages`)
    expect(body).toEqual([expect.objectContaining({ content: 'hello\njane', mine: false })])
    expect((await jane.request('GET', '/api/conversations')).body).toMatchObject([
      { hasUnreadMessages: false }
    ])
    const arriving = john.nextMessage()
    await jane.request('POST', `/api/conversations/${conversationId}/messages`, { content: 'hello john' })
    expect(await arriving).toMatchObject({ content: 'hello john', mine: false })
  })

  test('john, with the page open, marks the reply as read', async () => {
    expect((await john.request('GET', '/api/conversations')).body).toMatchObject([
      { hasUnreadMessages: true }
    ])
    const marked = await john.request('POST', `/api/conversations/${conversationId}/read_messages`)
    expect(marked).toEqual({ status: 204, body: null })
    expect((await john.request('GET', '/api/conversations')).body).toMatchObject([
      { hasUnreadMessages: false }
    ])
  })

  test('no one received their own message, and each message arrived once', () => {
    expect(john.messages.map(({ content }) => content)).toEqual(['hello john'])
    expect(jane.messages.map(({ content }) => content)).toEqual(['hello\njane'])
  })

  test('john continues with a refreshed token', async () => {
    const { body } = await john.request('POST', '/api/refresh_token')
    john.token = (body as Json)['token'] as string
    expect((await john.request('GET', '/api/auth_user')).body).toEqual(john.authUser)
  })
})
