import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signalsMax } from '@parley/contract/limits'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'
import { openStream, type StreamEvent } from '../../harness/stream.ts'

let parley: InProcess
let url: string
let john: Person
let jane: Person
let anna: Person
let names = 0

beforeAll(async () => {
  parley = await startInProcess()
  url = await parley.listen()
})
afterAll(() => parley.close())
// Each test has its own users, because typing is throttled per user.
beforeEach(async () => {
  names++
  const people = ['john', 'jane', 'anna'].map((name) => `${name}${names}`)
  await addUsers(parley.app.store, people)
  ;[john, jane, anna] = (await Promise.all(people.map((name) => parley.signIn(name)))) as [
    Person,
    Person,
    Person
  ]
})

const nameOf = (name: string) => `${name}${names}`
const listen = async (person: Person) => {
  const stream = await openStream(url, person.token, { signals: true })
  await stream.until(({ name }) => name === 'sync')
  return stream
}
const isTyping = ({ name }: StreamEvent) => name === 'typing'
const typingOf = (person: Person) => ({ name: 'typing', id: null, data: { userId: person.id } })

describe('typing', () => {
  test('G1, G3: reaches the other members and no one else, and moves no cursor', async () => {
    const group = await john.group([nameOf('jane')])
    const { id: other } = await jane.conversationWith(nameOf('anna'))
    const [his, hers, annas] = await Promise.all([john, jane, anna].map(listen))
    const cursor = his!.lastEventId
    const answer = await jane.post(`${group}/typing`)
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
    const conversationId = group.split('/').at(-1)
    expect(await his!.until(isTyping)).toEqual({
      ...typingOf(jane),
      data: { conversationId, userId: jane.id }
    })
    expect(his!.lastEventId).toBe(cursor)
    // Anything sent to them would arrive before this.
    await anna.send(other, 'hello')
    await anna.post(`/api/conversations/${other}/typing`)
    await hers!.until(isTyping)
    await annas!.until(({ name }) => name === 'message_sent')
    expect(annas!.seen.filter(isTyping)).toEqual([])
    expect(hers!.seen.filter(isTyping)).toMatchObject([{ data: { conversationId: other, userId: anna.id } }])
    for (const each of [his, hers, annas]) each!.cut()
  })

  test('G1: of a group does not reach a removed member, who is refused, throttled or not', async () => {
    const group = await john.group([nameOf('jane'), nameOf('anna')])
    const [hers, annas] = await Promise.all([jane, anna].map(listen))
    await jane.post(`${group}/typing`)
    await annas!.until(isTyping)
    await john.delete(`${group}/participants/${jane.id}`)
    expect(refusal(await jane.post(`${group}/typing`))).toBe('404 conversation_not_found')
    expect((await anna.post(`${group}/typing`)).statusCode).toBe(204)
    await hers!.until(({ name }) => name === 'participant_removed')
    await jane.conversationWith(nameOf('john'))
    await hers!.until(({ name }) => name === 'conversation_created')
    expect(hers!.seen.filter(isTyping)).toEqual([])
    for (const each of [hers, annas]) each!.cut()
  })

  test('G4: a flood is answered, and forwarded once', async () => {
    const group = await john.group([nameOf('jane')])
    const hers = await listen(jane)
    const answers = await Promise.all(Array.from({ length: 200 }, () => john.post(`${group}/typing`)))
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([204]))
    await john.send(group.split('/').at(-1)!, 'written')
    await hers.until(({ name }) => name === 'message')
    // Two, if the machine is so slow that two seconds passed.
    expect(hers.seen.filter(isTyping).length).toBeLessThan(3)
    expect(hers.seen.filter(isTyping).length).toBeGreaterThan(0)
    hers.cut()
  })

  test('G3: is stored nowhere', async () => {
    const group = await john.group([nameOf('jane')])
    const before = (await jane.get(group)).headers['event-cursor']
    await john.post(`${group}/typing`)
    expect((await jane.get(group)).headers['event-cursor']).toBe(before)
    const entries = await readdir(parley.dataDir, { withFileTypes: true })
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      expect(await readFile(join(parley.dataDir, name), 'latin1')).not.toContain('typing')
    }
  })

  test.each([
    ['x', {}, '404 conversation_not_found'],
    ['0', {}, '404 conversation_not_found'],
    ['99999999', {}, '404 conversation_not_found'],
    ['9'.repeat(40), {}, '404 conversation_not_found']
  ])('refuses the conversation %s', async (id, headers, expected) => {
    expect(refusal(await john.post(`/api/conversations/${id}/typing`, undefined, headers))).toBe(expected)
  })

  test('refuses users without a session, non-members, and other methods', async () => {
    const group = await john.group([nameOf('jane')])
    const address = `${group}/typing`
    expect(refusal(await parley.inject({ method: 'POST', url: address }))).toBe('401 unauthenticated')
    expect(refusal(await anna.post(address))).toBe('404 conversation_not_found')
    expect(refusal(await john.get(address))).toBe('405 method_not_allowed')
    expect(refusal(await john.delete(address))).toBe('405 method_not_allowed')
    const text = await john.post(address, 'hello', { 'content-type': 'text/plain' })
    expect(refusal(text)).toBe('415 media_type_unsupported')
  })
})

describe('presence', () => {
  test('G1: lists the users one has exchanged messages with, and no one else', async () => {
    const { id } = await jane.conversationWith(nameOf('john'))
    // A conversation without messages shows presence to neither side.
    for (const each of [jane, john]) expect((await each.get('/api/presence')).json()).toEqual([])
    await jane.send(id, 'hello')
    const hers = await listen(jane)
    const [his, annas] = await Promise.all([john, anna].map(listen))
    const event = await hers.until(({ name }) => name === 'presence')
    expect(event).toEqual({
      name: 'presence',
      id: null,
      data: { userId: john.id, online: true, lastSeenAt: null }
    })
    expect((await jane.get('/api/presence')).json()).toEqual([
      { userId: john.id, online: true, lastSeenAt: null }
    ])
    expect((await anna.get('/api/presence')).json()).toEqual([])
    const { id: opened } = await anna.conversationWith(nameOf('jane'))
    expect((await anna.get('/api/presence')).json()).toEqual([])
    await anna.send(opened, 'hello')
    const people = (await jane.get('/api/presence')).json<{ userId: string }[]>()
    expect(people.map(({ userId }) => userId).toSorted()).toEqual([john.id, anna.id].toSorted())
    expect(hers.seen.filter(({ name }) => name === 'presence')).toHaveLength(1)
    for (const each of [hers, his, annas]) each!.cut()
  })

  test('G6: returns when a user was last seen; those never seen have no time', async () => {
    const { id } = await jane.conversationWith(nameOf('john'))
    await jane.send(id, 'hello')
    const hers = await listen(jane)
    const his = await listen(john)
    await hers.until(({ name }) => name === 'presence')
    his.cut()
    const { data } = await hers.until(
      ({ name, data }) => name === 'presence' && !(data as { online: boolean }).online
    )
    const { lastSeenAt } = data as { lastSeenAt: string }
    expect(Date.now() - Date.parse(lastSeenAt)).toBeGreaterThanOrEqual(9_000)
    expect((await jane.get('/api/presence')).json()).toEqual([{ userId: john.id, online: false, lastSeenAt }])
    hers.cut()
  }, 40_000)

  test(`G1: is not shared in a group of more than ${signalsMax}`, async () => {
    const others = Array.from({ length: signalsMax - 1 }, (_, i) => `other${names}-${i}`)
    await addUsers(parley.app.store, others)
    const group = await john.group([nameOf('jane'), ...others])
    expect((await jane.get('/api/presence')).json()).toEqual([])
    await jane.delete(`${group}/participants/${jane.id}`)
    expect((await john.get('/api/presence')).json()).toHaveLength(signalsMax - 1)
  })

  test('refuses requests without a session, and needs no parameters', async () => {
    expect(refusal(await parley.inject({ url: '/api/presence' }))).toBe('401 unauthenticated')
    expect(refusal(await john.post('/api/presence'))).toBe('405 method_not_allowed')
    expect((await john.get('/api/presence')).headers['cache-control']).toBe('no-store')
  })
})
