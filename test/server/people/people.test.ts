import { afterAll, beforeAll, expect, test } from 'vitest'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
beforeAll(async () => {
  parley = await startInProcess()
  await addUsers(parley.app.store, [
    'jack',
    'jim',
    'joan',
    'joe',
    'josé',
    'Jürgen',
    'under_score',
    'underXscore',
    'İrem',
    'Νίκος'
  ])
  john = await parley.signIn('john')
})
afterAll(() => parley.close())

const search = (text: string) => john.get(`/api/usernames?search=${encodeURIComponent(text)}`)

test("suggests up to five usernames that start with the search, excluding one's own", async () => {
  expect((await search('j')).json()).toHaveLength(5)
  expect((await search('jo')).json()).toEqual(['joan', 'joe', 'josé'])
})

test('ignores case', async () => {
  expect((await search('JÜR')).json()).toEqual(['Jürgen'])
})

test.each([
  ['@joan', 'joan'],
  ['＠joan', 'joan'],
  [' @Joan ', 'joan'],
  ['@@joan', null],
  ['ir', 'İrem'],
  ['İR', 'İrem'],
  ['İrem', 'İrem'],
  ['i', 'İrem'],
  ['νίκος', 'Νίκος'],
  ['νίκοσ', 'Νίκος'],
  ['ΝΊΚΟΣ', 'Νίκος'],
  ['νι\u0301κ', 'Νίκος'],
  ['jose\u0301', 'josé'],
  ['ＪＯＡ', 'joan']
])('finds users who match %j', async (text, found) => {
  expect((await search(text)).json()).toEqual(found === null ? [] : [found])
})

test('an @ before a username is ignored wherever a user is named', async () => {
  const started = await john.post('/api/conversations', { username: '@İREM' })
  expect(started.json().otherParticipant.username).toBe('İrem')
  const group = await john.group(['@joan', '＠νίκοσ'])
  const added = await john.post(`${group}/participants`, { username: '@JOSE\u0301' })
  expect(added.json().user.username).toBe('josé')
})

test('treats wildcards as plain characters', async () => {
  expect((await search('%')).json()).toEqual([])
  expect((await search('under_')).json()).toEqual(['under_score'])
})

test.each([
  ['no search', ''],
  ['an empty search', '?search='],
  ['a blank search', '?search=%20%20'],
  ['an @ alone', '?search=%40'],
  ['a long search', `?search=${'a'.repeat(201)}`],
  ['two searches', '?search=a&search=b'],
  ['NUL', '?search=%00']
])('refuses %s', async (_what, query) => {
  expect(refusal(await john.get(`/api/usernames${query}`))).toBe('422 validation_failed search')
})

test('requires a session', async () => {
  expect(refusal(await parley.inject('/api/usernames?search=j'))).toBe('401 unauthenticated')
})
