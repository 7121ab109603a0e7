import { afterAll, beforeAll, expect, test } from 'vitest'
import { addUsers } from '../../../server/domain/people.ts'
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
    'underXscore'
  ])
  john = await parley.signIn('john')
})
afterAll(() => parley.close())

const search = (text: string) => john.get(`/api/usernames?search=${encodeURIComponent(text)}`)

test('suggests up to five usernames that start so, without mine', async () => {
  expect((await search('j')).json()).toHaveLength(5)
  expect((await search('jo')).json()).toEqual(['joan', 'joe', 'josé'])
})

test('does not mind case', async () => {
  expect((await search('JÜR')).json()).toEqual(['Jürgen'])
})

test('takes wildcards for letters', async () => {
  expect((await search('%')).json()).toEqual([])
  expect((await search('under_')).json()).toEqual(['under_score'])
})

test.each([
  ['no search', ''],
  ['an empty search', '?search='],
  ['a blank search', '?search=%20%20'],
  ['two searches', '?search=a&search=b'],
  ['NUL', '?search=%00']
])('refuses %s', async (_what, query) => {
  expect(refusal(await john.get(`/api/usernames${query}`))).toBe('422 validation_failed search')
})

test('refuses whoever is not signed in', async () => {
  expect(refusal(await parley.inject('/api/usernames?search=j'))).toBe('401 unauthenticated')
})
