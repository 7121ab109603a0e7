import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { violations } from './axe.ts'
import { addPeople, listed, message, openScene, send, signIn, type Scene } from './people.ts'

let scene: Scene
let johns: Page
let janes: Page
/** joe has a phone, in the dark. */
let joes: Page
const errors: string[] = []
beforeAll(async () => {
  scene = await openScene()
  ;[johns, janes, joes] = await Promise.all([
    signIn(scene.john, scene.parley.url, 'john'),
    signIn(scene.jane, scene.parley.url, 'jane'),
    scene.arrive('joe', { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true })
  ])
  await addPeople(scene.parley, ['jill'])
  for (const page of [johns, janes, joes]) page.on('pageerror', (error) => errors.push(error.message))
})
afterAll(() => scene[Symbol.asyncDispose]())

const line = (page: Page, text: string) => page.locator('.messages__line', { hasText: text })
const panel = (page: Page) => page.getByRole('dialog', { name: 'Group' })
const openPanel = async (page: Page) => {
  await page.getByRole('button', { name: 'Show who is in the group' }).click()
  await panel(page).waitFor()
}
/** Chooses what to do with somebody in the panel. */
const choose = async (page: Page, username: string, choice: string) => {
  await panel(page)
    .getByRole('button', { name: `Actions for ${username}` })
    .click()
  await page.getByRole('menuitem', { name: choice }).click()
}

it('a group is made of several people, by keys alone, and all of them see it at once', async () => {
  await johns.getByRole('button', { name: 'New group' }).click()
  const dialog = johns.getByRole('dialog', { name: 'New group' })
  await dialog.locator('input:focus').waitFor()
  await johns.keyboard.type('friends')
  await johns.keyboard.press('Tab')
  for (const name of ['jane', 'joe']) {
    await johns.keyboard.type(name.slice(0, 2))
    await dialog.getByRole('option', { name }).waitFor()
    await johns.keyboard.press('Enter')
    await dialog.getByRole('button', { name: `Remove ${name}` }).waitFor()
  }
  expect(await violations(johns)).toEqual([])
  await johns.keyboard.press('Enter')
  await johns.getByRole('heading', { name: 'friends', level: 1 }).waitFor()
  await line(johns, 'You started the group “friends”').waitFor()
  for (const page of [janes, joes]) await listed(page, 'john started the group “friends”').waitFor()
})

it('what is said has a name on it, and who has read it is told', async () => {
  await listed(janes, 'friends').click()
  await listed(joes, 'friends').click()
  await send(janes, 'Hello friends')
  for (const page of [johns, joes])
    await message(page, 'Hello friends').locator('.message__name', { hasText: 'jane' }).waitFor()
  // Whoever writes after it has read it, and is not named.
  await send(johns, 'Hello jane')
  await message(johns, 'Hello jane').getByText('Seen by jane, joe').waitFor()
})

it('somebody who is mentioned is told so apart from the count, until they read it', async () => {
  await joes.getByRole('link', { name: 'Back to conversations' }).click()
  await johns.getByRole('textbox', { name: 'Message friends' }).focus()
  await johns.keyboard.type('where are you, @jo')
  await johns.getByRole('option', { name: 'joe' }).waitFor()
  await johns.keyboard.press('Enter')
  await johns.keyboard.type('?')
  await johns.keyboard.press('Enter')
  await message(johns, 'where are you, @joe ?').locator('strong', { hasText: '@joe' }).waitFor()
  await listed(joes, 'friends').getByText('You are mentioned').waitFor({ state: 'attached' })
  await listed(joes, 'friends').getByText('1 unread message').waitFor({ state: 'attached' })
  expect(await listed(janes, 'friends').getByText('You are mentioned').count()).toBe(0)
  await listed(joes, 'friends').click()
  await message(joes, 'where are you, @joe ?').waitFor()
  await joes.getByRole('link', { name: 'Back to conversations' }).click()
  await listed(joes, 'friends').getByText('You are mentioned').waitFor({ state: 'detached' })
  await listed(joes, 'friends').click()
})

it('its owner renames it, makes an admin, and all see both', async () => {
  await openPanel(johns)
  await panel(johns).getByRole('button', { name: 'Rename' }).click()
  await panel(johns).getByLabel('Name of the group').fill('garden friends')
  await johns.keyboard.press('Enter')
  await joes.getByRole('heading', { name: 'garden friends', level: 1 }).waitFor()
  await choose(johns, 'jane', 'Make admin')
  await line(joes, 'john made jane an admin').waitFor()
  expect(await violations(johns)).toEqual([])
  await johns.keyboard.press('Escape')
  await johns.locator('button[aria-label="Show who is in the group"]:focus').waitFor()
})

it('an admin adds somebody; the owner is nobody’s to remove, and a member’s panel offers nothing', async () => {
  await openPanel(janes)
  await panel(janes).getByRole('button', { name: 'Add people' }).click()
  await janes.keyboard.type('ji')
  await janes.getByRole('option', { name: 'jill' }).waitFor()
  await janes.keyboard.press('Enter')
  await janes.keyboard.press('Enter')
  await panel(janes).getByText('4 people').waitFor()
  await panel(janes).getByRole('button', { name: 'Actions for jill' }).waitFor()
  expect(await panel(janes).getByRole('button', { name: 'Actions for john' }).count()).toBe(0)
  await janes.keyboard.press('Escape')
  await openPanel(joes)
  await panel(joes).getByText('jill').waitFor()
  expect(await panel(joes).getByRole('button').allTextContents()).toEqual(['', 'Leave group'])
  expect(await violations(joes)).toEqual([])
  await joes.getByRole('button', { name: 'Close' }).click()
})

it('whoever is removed sees it at once, and sees nothing more', async () => {
  await openPanel(janes)
  await choose(janes, 'joe', 'Remove…')
  await janes.getByRole('dialog', { name: 'Remove joe?' }).getByRole('button', { name: 'Remove' }).click()
  await joes.getByRole('heading', { name: 'You are no longer in garden friends' }).waitFor()
  await line(johns, 'jane removed joe').waitFor()
  await send(johns, 'not for joe')
  await message(johns, 'not for joe').getByText('Sent').waitFor({ state: 'attached' })
  await joes.getByRole('link', { name: 'Back to your conversations' }).click()
  await joes.getByText('No conversations yet').waitFor()
  expect(await joes.content()).not.toContain('not for joe')
  await janes.keyboard.press('Escape')
})

it('whoever is added again is there again, with what was said before', async () => {
  await openPanel(janes)
  await panel(janes).getByRole('button', { name: 'Add people' }).click()
  await janes.keyboard.type('joe')
  await janes.getByRole('option', { name: 'joe' }).waitFor()
  await janes.keyboard.press('Enter')
  await janes.keyboard.press('Enter')
  await listed(joes, 'garden friends').click()
  await message(joes, 'not for joe').waitFor()
  await janes.keyboard.press('Escape')
})

it('an owner who leaves passes it on', async () => {
  await openPanel(johns)
  await panel(johns).getByRole('button', { name: 'Leave group' }).click()
  await johns
    .getByRole('dialog', { name: 'Leave garden friends?' })
    .getByRole('button', { name: 'Leave' })
    .click()
  await johns.getByRole('heading', { name: 'You are no longer in garden friends' }).waitFor()
  await line(janes, 'You own this group now').waitFor()
  await line(joes, 'john left').waitFor()
  await openPanel(janes)
  await panel(janes).getByText('Owner').waitFor()
})

it('nothing went wrong in the pages', () => {
  expect(errors).toEqual([])
})
