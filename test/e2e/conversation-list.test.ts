import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { loginAs } from '../harness/api.ts'
import { addPeople, listed, openScene, signIn, type Scene } from './people.ts'

const friends = Array.from({ length: 30 }, (_, index) => `friend-${index + 10}`)

let scene: Scene
let page: Page
beforeAll(async () => {
  scene = await openScene()
  const { url } = scene.parley
  await addPeople(scene.parley, friends)
  for (const friend of friends) {
    const api = await loginAs(url, friend)
    await api.send((await api.conversationWith('john')).id, `hello from ${friend}`)
  }
  page = await signIn(scene.john, url, 'john')
})
afterAll(() => scene[Symbol.asyncDispose]())

const names = () => page.locator('[data-part=name]').allTextContents()
const newestFirst = friends.toReversed()

it('the list shows a page, newest first, and more on request', async () => {
  await listed(page, 'friend-39').waitFor()
  expect(await names()).toEqual(newestFirst.slice(0, 25))
  await page.getByRole('button', { name: 'Show more conversations' }).click()
  await listed(page, 'friend-10').waitFor()
  expect(await names()).toEqual(newestFirst)
  await page.getByRole('button', { name: 'Show more conversations' }).waitFor({ state: 'detached' })
})

it("a conversation beyond the list's page moves to its top with a new message", async () => {
  // A new sign-in begins with one page of the list.
  await page.close()
  await scene.john.context.clearCookies()
  page = await signIn(scene.john, scene.parley.url, 'john')
  await listed(page, 'friend-39').waitFor()
  const friend = await loginAs(scene.parley.url, 'friend-11')
  await friend.send((await friend.conversationWith('john')).id, 'it is me again')
  await listed(page, 'it is me again').waitFor()
  expect((await names()).slice(0, 2)).toEqual(['friend-11', 'friend-39'])
  await page.getByRole('button', { name: 'Show more conversations' }).click()
  await listed(page, 'friend-10').waitFor()
  expect(await names()).toEqual(['friend-11', ...newestFirst.filter((name) => name !== 'friend-11')])
})

it('a message from a new contact appears at once', async () => {
  const jane = await loginAs(scene.parley.url, 'jane')
  await jane.send((await jane.conversationWith('john')).id, 'hello, I am new here')
  await listed(page, 'hello, I am new here').waitFor()
  expect((await names())[0]).toBe('jane')
})
