import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { violations } from './axe.ts'
import { loginAs } from '../harness/api.ts'
import {
  act,
  addPeople,
  controlled,
  listed,
  message,
  openMenu,
  openScene,
  send,
  signIn,
  type Scene
} from './people.ts'

let scene: Scene
let johns: Page
let janes: Page
/** joe uses a phone in dark mode. */
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

const line = (page: Page, text: string) => page.locator('[data-part=line]', { hasText: text })
const panel = (page: Page) => page.getByRole('dialog', { name: 'Group' })
const openPanel = async (page: Page) => {
  await page.getByRole('button', { name: 'Group details' }).click()
  await panel(page).waitFor()
}
const tombstone = 'This message was deleted'
/** Rests a finger on a message until its menu opens, then lifts it. */
const rest = async (page: Page, content: string) => {
  const { x, y, width, height } = (await message(page, content).locator('[data-part=bubble]').boundingBox())!
  const finger = await page.context().newCDPSession(page)
  const touchPoints = [{ x: x + width / 2, y: y + height / 2 }]
  await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
  await page.getByRole('menu').waitFor()
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await finger.detach()
}
/** Chooses an action on a user in the panel. */
const choose = async (page: Page, username: string, choice: string) => {
  await panel(page)
    .getByRole('button', { name: `Actions for ${username}` })
    .click()
  await page.getByRole('menuitem', { name: choice }).click()
}

it('a group of several users is created by keys alone, and all of them see it at once', async () => {
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

it('a group message names its sender and its readers', async () => {
  await listed(janes, 'friends').click()
  await listed(joes, 'friends').click()
  await send(janes, 'Hello friends')
  for (const page of [johns, joes])
    await message(page, 'Hello friends').locator('[data-part=author]', { hasText: 'jane' }).waitFor()
  // A writer has read it, and is not named.
  await send(johns, 'Hello jane')
  await message(johns, 'Hello jane').getByText('Seen by jane and joe').waitFor()
})

it('a mentioned user sees a mention marker until they read the message', async () => {
  await joes.getByRole('link', { name: 'Back to conversations' }).click()
  await johns.getByRole('textbox', { name: 'Message friends' }).focus()
  await johns.keyboard.type('where are you, @jo')
  await johns.getByRole('option', { name: 'joe' }).waitFor()
  await johns.keyboard.press('Enter')
  await johns.keyboard.type('?')
  await johns.keyboard.press('Enter')
  await message(johns, 'where are you, @joe ?').locator('strong', { hasText: '@joe' }).waitFor()
  await listed(joes, 'friends').getByText('You were mentioned').waitFor({ state: 'attached' })
  await listed(joes, 'friends').getByText('1 unread message').waitFor({ state: 'attached' })
  expect(await listed(janes, 'friends').getByText('You were mentioned').count()).toBe(0)
  await listed(joes, 'friends').click()
  await message(joes, 'where are you, @joe ?').waitFor()
  await joes.getByRole('link', { name: 'Back to conversations' }).click()
  await listed(joes, 'friends').getByText('You were mentioned').waitFor({ state: 'detached' })
  await listed(joes, 'friends').click()
})

it("replies, edits and emoji appear on the other members' screens", async () => {
  await act(janes, message(janes, 'Hello jane'), 'Reply')
  await janes.keyboard.type('Hello jhon')
  await janes.keyboard.press('Enter')
  await message(joes, 'Hello jhon').locator('[data-part=quote-text]', { hasText: 'Hello jane' }).waitFor()
  await act(janes, message(janes, 'Hello jhon'), 'Edit')
  await janes.getByRole('textbox', { name: 'Message friends' }).fill('Hello john')
  await janes.keyboard.press('Enter')
  for (const page of [johns, joes])
    await message(page, 'Hello john')
      .getByText(/^edited /)
      .waitFor()
  // On a phone, a resting finger chooses nothing when it is lifted.
  await rest(joes, 'Hello john')
  expect(await violations(joes)).toEqual([])
  await joes.getByRole('menuitemcheckbox', { name: 'React with 👍' }).tap()
  await message(johns, 'Hello john').getByRole('button', { name: '👍 1: joe' }).click()
  for (const page of [janes, joes])
    await message(page, 'Hello john')
      .getByRole('button', { name: /^👍 2: / })
      .waitFor()
  await message(joes, 'Hello john').getByRole('button', { name: '👍 2: you and john' }).tap()
  await message(janes, 'Hello john').getByRole('button', { name: '👍 1: john' }).waitFor()
})

it('a message is deleted by its sender or by the owner', async () => {
  await joes.getByRole('textbox', { name: 'Message friends' }).fill('a slip')
  await joes.getByRole('button', { name: 'Send' }).tap()
  await message(johns, 'a slip').waitFor()
  await act(johns, message(johns, 'a slip'), 'Delete…')
  const question = johns.getByRole('dialog', { name: 'Delete this message?' })
  await question.getByText('joe wrote this message.').waitFor()
  await question.getByRole('button', { name: 'Delete' }).click()
  for (const page of [janes, joes]) await message(page, tombstone).waitFor()
  expect(await janes.content()).not.toContain('a slip')
})

it('a message from another conversation is forwarded to the group with its author', async () => {
  const jane = await loginAs(scene.parley.url, 'jane')
  const { id } = await jane.conversationWith('john')
  await jane.send(id, 'a recipe')
  await listed(johns, 'a recipe').click()
  await act(johns, message(johns, 'a recipe'), 'Forward…')
  await johns.getByRole('dialog', { name: 'Forward to…' }).getByRole('button', { name: 'friends' }).click()
  await johns.getByRole('heading', { name: 'friends', level: 1 }).waitFor()
  for (const page of [johns, janes, joes])
    await message(page, 'a recipe').getByText('Forwarded from jane').waitFor()
})

it('the owner renames it and promotes an admin, and all members see both', async () => {
  await openPanel(johns)
  await panel(johns).getByRole('button', { name: 'Rename' }).click()
  await panel(johns).getByLabel('Group name').fill('garden friends')
  await johns.keyboard.press('Enter')
  await joes.getByRole('heading', { name: 'garden friends', level: 1 }).waitFor()
  await choose(johns, 'jane', 'Make admin')
  await line(joes, 'john made jane an admin').waitFor()
  expect(await violations(johns)).toEqual([])
  await johns.keyboard.press('Escape')
  await johns.locator('button[aria-label="Group details"]:focus').waitFor()
})

it('an admin adds a member; the owner cannot be removed, and a member’s panel offers no actions', async () => {
  await openPanel(janes)
  await panel(janes).getByRole('button', { name: 'Add members' }).click()
  await janes.keyboard.type('ji')
  await janes.getByRole('option', { name: 'jill' }).waitFor()
  await janes.keyboard.press('Enter')
  await janes.keyboard.press('Enter')
  await panel(janes).getByText('4 members').waitFor()
  await panel(janes).getByRole('button', { name: 'Actions for jill' }).waitFor()
  expect(await panel(janes).getByRole('button', { name: 'Actions for john' }).count()).toBe(0)
  await janes.keyboard.press('Escape')
  await openPanel(joes)
  await panel(joes).getByText('jill').waitFor()
  const jane = panel(joes).getByRole('listitem').filter({ hasText: 'jane' })
  await jane.getByText('online', { exact: true }).waitFor()
  expect(await panel(joes).getByRole('button').allTextContents()).toEqual(['', 'Leave group'])
  expect(await violations(joes)).toEqual([])
  await joes.getByRole('button', { name: 'Close' }).click()
})

it('a returning user has everything from their absence', async () => {
  await joes.context().setOffline(true)
  await joes.getByText('You’re offline.').waitFor()
  await act(johns, message(johns, 'Hello jane'), 'Edit')
  await johns.getByRole('textbox', { name: 'Message garden friends' }).fill('Hello all')
  await johns.keyboard.press('Enter')
  await act(janes, message(janes, 'Hello friends'), 'Delete…')
  await janes.getByRole('button', { name: 'Delete' }).click()
  await act(janes, message(janes, 'a recipe'), 'Reply')
  await janes.keyboard.type('I cook, @joe')
  await janes.keyboard.press('Escape')
  await janes.keyboard.press('Enter')
  await openMenu(johns, message(johns, 'I cook, @joe'))
  await johns.getByRole('menuitemcheckbox', { name: 'React with 🙏' }).click()
  await openPanel(johns)
  await choose(johns, 'jill', 'Make admin')
  await line(johns, 'You made jill an admin').waitFor()
  await choose(johns, 'jill', 'Remove…')
  await johns.getByRole('dialog', { name: 'Remove jill?' }).getByRole('button', { name: 'Remove' }).click()
  await panel(johns).getByRole('button', { name: 'Rename' }).click()
  await panel(johns).getByLabel('Group name').fill('garden club')
  await johns.keyboard.press('Enter')
  await line(johns, 'You named the group “garden club”').waitFor()
  // The event may arrive before the response that closes the form.
  await panel(johns).getByRole('button', { name: 'Rename' }).waitFor()
  await johns.keyboard.press('Escape')
  await joes.context().setOffline(false)
  await joes.getByRole('heading', { name: 'garden club', level: 1 }).waitFor()
  const parts = '[data-part=text], [data-part=quote-text], [data-part=reaction], [data-part=line]'
  const since = ['a recipe', 'I cook, @joe', '🙏 1', 'john made jill an admin', 'john removed jill']
  await expect
    .poll(async () => (await joes.locator(parts).allTextContents()).slice(-6))
    .toEqual([...since, 'john named the group “garden club”'])
  await message(joes, 'Hello all')
    .getByText(/^edited /)
    .waitFor()
  await openPanel(joes)
  await panel(joes).getByText('3 members').waitFor()
  await joes.getByRole('button', { name: 'Close' }).click()
  for (const page of [johns, joes]) await message(page, tombstone).nth(1).waitFor()
})

it('a removed member sees it at once, and sees nothing more', async () => {
  await openPanel(janes)
  await choose(janes, 'joe', 'Remove…')
  await janes.getByRole('dialog', { name: 'Remove joe?' }).getByRole('button', { name: 'Remove' }).click()
  await joes.getByRole('heading', { name: 'You’re no longer a member of garden club' }).waitFor()
  await line(johns, 'jane removed joe').waitFor()
  await send(johns, 'not for joe')
  await message(janes, 'not for joe').waitFor()
  await joes.getByRole('link', { name: 'Back to your conversations' }).click()
  await joes.getByText('No conversations yet').waitFor()
  expect(await joes.content()).not.toContain('not for joe')
  await janes.keyboard.press('Escape')
})

it('a message refused after a removal is in the list, and can be copied and discarded', async () => {
  const context = joes.context()
  await openPanel(johns)
  await panel(johns).getByRole('button', { name: 'Add members' }).click()
  await johns.keyboard.type('joe')
  await johns.getByRole('option', { name: 'joe' }).waitFor()
  await johns.keyboard.press('Enter')
  await johns.keyboard.press('Enter')
  await listed(joes, 'garden club').click()
  await message(joes, 'not for joe').waitFor()
  await controlled(joes)
  await context.setOffline(true)
  // On a phone Enter starts a new line.
  await joes.getByRole('textbox', { name: /^Message / }).fill('I wrote this offline')
  await joes.getByRole('button', { name: 'Send', exact: true }).click()
  await message(joes, 'I wrote this offline').waitFor()
  await joes.reload()
  await message(joes, 'I wrote this offline').waitFor()
  await choose(johns, 'joe', 'Remove…')
  await johns.getByRole('dialog', { name: 'Remove joe?' }).getByRole('button', { name: 'Remove' }).click()
  await line(johns, 'You removed joe').waitFor()
  await johns.keyboard.press('Escape')
  await context.setOffline(false)
  const unsent = joes.getByRole('region', { name: 'Unsent messages and changes' })
  await unsent.getByText('I wrote this offline').waitFor()
  await joes.goto(new URL('/', joes.url()).href)
  const row = joes.getByRole('navigation').getByRole('link', { name: /Not sent.*I wrote this offline/ })
  await row.click()
  await unsent.getByRole('button', { name: 'Copy text' }).click()
  await unsent.getByText('Text copied.').waitFor()
  await unsent.getByRole('button', { name: 'Discard' }).click()
  await unsent.waitFor({ state: 'detached' })
  await row.waitFor({ state: 'detached' })
  await joes.getByRole('link', { name: 'Back to your conversations' }).click()
})

it('a member who is added again sees the group with its history', async () => {
  await openPanel(janes)
  await panel(janes).getByRole('button', { name: 'Add members' }).click()
  await janes.keyboard.type('joe')
  await janes.getByRole('option', { name: 'joe' }).waitFor()
  await janes.keyboard.press('Enter')
  await janes.keyboard.press('Enter')
  await listed(joes, 'garden club').click()
  await message(joes, 'not for joe').waitFor()
  await janes.keyboard.press('Escape')
})

it('an owner who leaves passes ownership on', async () => {
  await openPanel(johns)
  await panel(johns).getByRole('button', { name: 'Leave group' }).click()
  await johns
    .getByRole('dialog', { name: 'Leave garden club?' })
    .getByRole('button', { name: 'Leave' })
    .click()
  await johns.getByRole('heading', { name: 'You’re no longer a member of garden club' }).waitFor()
  await line(janes, 'You’re now the owner').waitFor()
  await line(joes, 'john left').waitFor()
  await openPanel(janes)
  await panel(janes).getByText('Owner').waitFor()
})

it('the pages report no errors', () => {
  expect(errors).toEqual([])
})
