import { afterAll, beforeAll, expect, test } from 'vitest'
import { addUsers } from '../../../server/people/people.ts'
import { startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'
import { roster, writtenTexts } from '../../fixtures/written-texts.ts'

let parley: InProcess
let john: Person
let id: string
let names: Map<string, string>
beforeAll(async () => {
  parley = await startInProcess()
  const added = await addUsers(parley.app.store, roster)
  names = new Map(added.map((each) => ('user' in each ? [each.user.id, each.user.username] : ['', ''])))
  john = await parley.signIn('john')
  id = (await john.group(roster)).split('/').at(-1)!
})
afterAll(() => parley.close())

test.each(writtenTexts)('$text mentions the users whom the web app marks', async ({ text, people }) => {
  const { mentions } = await john.send(id, text)
  expect(mentions?.map((mentioned) => names.get(mentioned))).toEqual(people)
})
