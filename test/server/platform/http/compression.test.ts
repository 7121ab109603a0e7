import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal, startInProcess, type InProcess, type Person } from '../../../harness/in-process.ts'

let parley: InProcess
let john: Person
let page: string
beforeAll(async () => {
  parley = await startInProcess()
  john = await parley.signIn('john')
  const { id } = await john.conversationWith('jane')
  for (let index = 0; index < 10; index++) await john.send(id, `hello ${index}, how are you?`)
  page = `/api/conversations/${id}/messages`
})
afterAll(() => parley.close())

const zipped = { 'accept-encoding': 'gzip, deflate, br, zstd' }

describe('a read', () => {
  test('is compressed with gzip if accepted, with the same content', async () => {
    const plain = await john.get(page)
    const answer = await john.get(page, zipped)
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(answer.rawPayload.length),
      vary: 'Accept-Encoding',
      'cache-control': 'no-store'
    })
    expect(answer.rawPayload.length).toBeLessThan(plain.rawPayload.length / 3)
    expect(gunzipSync(answer.rawPayload).toString()).toBe(plain.body)
  })

  test.each(['', 'identity', 'br', 'gzip;q=0', 'gzip;q=0, br'])(
    'is uncompressed for Accept-Encoding "%s", with Vary',
    async (header) => {
      const { headers, body } = await john.get(page, { 'accept-encoding': header })
      expect(headers['content-encoding']).toBeUndefined()
      expect(headers['vary']).toBe('Accept-Encoding')
      expect(JSON.parse(body)).toHaveLength(10)
    }
  )

  test('has the same headers for a HEAD', async () => {
    const { headers } = await john.get(page, zipped)
    const answer = await parley.inject({
      method: 'HEAD',
      url: page,
      headers: { authorization: `Bearer ${john.token}`, ...zipped }
    })
    expect(answer.body).toBe('')
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': headers['content-length'],
      vary: 'Accept-Encoding'
    })
  })

  test('is uncompressed if it is short', async () => {
    expect((await john.get('/api/auth_user', zipped)).headers['content-encoding']).toBeUndefined()
  })

  test('is compressed outside the event loop if it is long', async () => {
    const { id } = await john.conversationWith('jane')
    for (let index = 0; index < 10; index++) await john.send(id, `${index}`.repeat(4_000))
    const answer = await john.get(page, zipped)
    const messages = JSON.parse(gunzipSync(answer.rawPayload).toString()) as { content: string }[]
    expect(messages[0]!.content).toBe('9'.repeat(4_000))
    expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length))
  })
})

describe('never compressed are', () => {
  test.each(['cross-site', 'same-site'])('answers to requests from %s pages', async (site) => {
    const answer = await john.get(page, { ...zipped, 'sec-fetch-site': site })
    expect(answer.headers['content-encoding']).toBeUndefined()
    for (const own of ['same-origin', 'none']) {
      const { headers } = await john.get(page, { ...zipped, 'sec-fetch-site': own })
      expect(headers['content-encoding']).toBe('gzip')
    }
  })

  test('answers to a POST, however long', async () => {
    const answer = await john.post(page, { content: 'a'.repeat(4_000) }, zipped)
    expect([answer.statusCode, answer.headers['content-encoding']]).toEqual([201, undefined])
  })

  test('refusals, which are always short', async () => {
    const answer = await john.get(`/api/conversations?${'a'.repeat(2_000)}=1`, zipped)
    expect(answer.rawPayload.length).toBeLessThan(1_024)
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(refusal(answer)).toMatch(/^422 validation_failed/)
  })
})
