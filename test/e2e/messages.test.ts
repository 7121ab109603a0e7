import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { violations } from './axe.ts'
import { call, loginAs, type Api } from '../harness/api.ts'
import {
  act,
  addPeople,
  listed,
  meet,
  message,
  openMenu,
  openScene,
  send,
  startWith,
  type Scene
} from './people.ts'

let scene: Scene
let johns: Page
let janes: Page
let jane: Api
const errors: string[] = []
beforeAll(async () => {
  scene = await openScene()
  ;({ johns, janes } = await meet(scene))
  for (const page of [johns, janes]) page.on('pageerror', (error) => errors.push(error.message))
  await send(johns, 'Hello jane')
  await listed(janes, 'john').click()
  await message(janes, 'Hello jane').waitFor()
  jane = await loginAs(scene.parley.url, 'jane')
})
afterAll(() => scene[Symbol.asyncDispose]())

const field = (page: Page) => page.getByRole('textbox', { name: /^Message / })
const menu = (page: Page) => page.getByRole('menu')
const contents = (page: Page) => page.locator('[data-part=text]').allTextContents()

it('the up arrow edits the last message, and both users see that it was edited', async () => {
  await send(johns, 'How is the gadren?')
  await message(johns, 'How is the gadren?').getByText('Sent').waitFor({ state: 'attached' })
  await field(johns).press('ArrowUp')
  await johns.getByText('Edit message').waitFor()
  expect(await field(johns).inputValue()).toBe('How is the gadren?')
  await field(johns).fill('How is the garden?')
  await field(johns).press('Enter')
  for (const page of [johns, janes])
    await message(page, 'How is the garden?')
      .getByText(/^edited /)
      .waitFor()
  await listed(janes, 'How is the garden?').waitFor()
  expect(await field(johns).inputValue()).toBe('')
  expect(await message(janes, 'How is the gadren?').count()).toBe(0)
})

it('a cancelled edit changes nothing, and restores the interrupted text', async () => {
  await field(johns).fill('half a thought')
  await act(johns, message(johns, 'Hello jane'), 'Edit')
  await johns.keyboard.type(', how are you?')
  expect(await field(johns).inputValue()).toBe('Hello jane, how are you?')
  await johns.keyboard.press('Escape')
  expect(await field(johns).inputValue()).toBe('half a thought')
  await field(johns).fill('')
  await message(johns, 'Hello jane').waitFor()
})

it('a concurrent edit is refused with the newer version, and can be retried', async () => {
  const tablet = await loginAs(scene.parley.url, 'john')
  const { id } = await tablet.conversationWith('jane')
  const { body } = await tablet.get<{ id: string }[]>(`/api/conversations/${id}/messages?peek=1`)
  const editElsewhere = async (content: string) => {
    await call(`${scene.parley.url}/api/conversations/${id}/messages/${body[0]!.id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${tablet.token}` },
      body: { content }
    })
    await message(johns, content).waitFor()
  }
  await field(johns).press('ArrowUp')
  await editElsewhere('How is the garden today?')
  await field(johns).fill('How are the roses?')
  await field(johns).press('Enter')
  const refused = johns.getByRole('list', { name: 'Unsaved changes' })
  await refused.getByText(/edited on another device/).waitFor()
  await message(johns, 'How is the garden today?').waitFor()
  expect(await violations(johns)).toEqual([])
  await refused.getByRole('button', { name: 'Edit' }).click()
  expect(await field(johns).inputValue()).toBe('How are the roses?')
  await field(johns).press('Escape')
  await refused.waitFor({ state: 'detached' })
  // Another late edit, which is retried.
  await field(johns).press('ArrowUp')
  await editElsewhere('How is the garden now?')
  await field(johns).fill('How are the roses?')
  await field(johns).press('Enter')
  await refused.getByRole('button', { name: 'Save anyway' }).click()
  for (const page of [johns, janes]) await message(page, 'How are the roses?').waitFor()
})

it('the menu opens by keys alone, and the focus returns to the message', async () => {
  await johns.getByRole('region', { name: 'Messages with jane' }).focus()
  await johns.keyboard.press('ArrowUp')
  await johns.keyboard.press('ArrowUp')
  const row = message(johns, 'Hello jane').and(johns.locator(':focus'))
  await row.waitFor()
  await johns.keyboard.press('Enter')
  await menu(johns).waitFor()
  expect(await violations(johns)).toEqual([])
  await johns.keyboard.press('Escape')
  await menu(johns).waitFor({ state: 'detached' })
  await row.waitFor()
  await johns.keyboard.press('Shift+F10')
  await menu(johns).waitFor()
  await johns.keyboard.press('Escape')
  await row.waitFor()
  await johns.keyboard.press('Escape')
  await field(johns).and(johns.locator(':focus')).waitFor()
})

it('a message is deleted after a confirmation, and leaves a tombstone', async () => {
  await send(johns, 'to be forgotten')
  await send(johns, 'to stay')
  await message(janes, 'to stay').waitFor()
  await act(johns, message(johns, 'to be forgotten'), 'Delete…')
  const question = johns.getByRole('dialog', { name: 'Delete this message?' })
  await question.getByRole('button', { name: 'Cancel' }).click()
  await message(johns, 'to be forgotten').waitFor()
  await act(johns, message(johns, 'to be forgotten'), 'Delete…')
  await question.getByRole('button', { name: 'Delete' }).click()
  for (const page of [johns, janes]) await message(page, 'This message was deleted').waitFor()
  expect((await contents(janes)).slice(-2)).toEqual(['This message was deleted', 'to stay'])
  expect(await janes.content()).not.toContain('to be forgotten')
})

it("the button beside a message offers no change of another user's message", async () => {
  const row = message(janes, 'to stay')
  const more = row.getByRole('button', { name: 'Message actions' })
  // Repeated if an arriving receipt has moved it from under the mouse.
  await expect
    .poll(async () => {
      await row.locator('[data-part=bubble]').hover()
      return more.isVisible()
    })
    .toBe(true)
  await more.click()
  await menu(janes).waitFor()
  expect(
    await menu(janes)
      .getByRole('menuitem', { name: /Edit|Delete/ })
      .count()
  ).toBe(0)
  await janes.keyboard.press('Escape')
})

it('an emoji is added from the menu and shown with its users; a click joins or leaves another’s', async () => {
  await openMenu(janes, message(janes, 'to stay'))
  await janes.getByRole('menuitemcheckbox', { name: 'React with 👍' }).click()
  await message(johns, 'to stay').getByRole('button', { name: '👍 1: jane' }).click()
  await message(janes, 'to stay').getByRole('button', { name: '👍 2: you and john' }).waitFor()
  await message(johns, 'to stay').getByRole('button', { name: '👍 2: jane and you', pressed: true }).click()
  await message(janes, 'to stay').getByRole('button', { name: '👍 1: you' }).waitFor()
})

it('any single emoji can be added, and nothing else', async () => {
  await act(johns, message(johns, 'to stay'), 'More emoji…')
  const dialog = johns.getByRole('dialog', { name: 'React with an emoji' })
  await dialog.locator('input:focus').waitFor()
  await johns.keyboard.insertText('ok')
  await johns.keyboard.press('Enter')
  await dialog.getByText('Enter exactly one emoji.').waitFor()
  await dialog.locator('input').fill('🦔')
  await johns.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await message(janes, 'to stay').getByRole('button', { name: '🦔 1: john' }).waitFor()
  await act(janes, message(janes, 'to stay'), 'Reactions')
  const who = janes.getByRole('dialog', { name: 'Reactions' })
  await who.getByText('🦔').waitFor()
  expect(await who.getByRole('listitem').allTextContents()).toEqual(['JYou👍', 'Jjohn🦔'])
  expect(await violations(janes)).toEqual([])
  await janes.keyboard.press('Escape')
})

it('a reply quotes its original, and leads there', async () => {
  await act(janes, message(janes, 'to stay'), 'Reply')
  await janes.getByText('Reply to john').waitFor()
  await janes.keyboard.type('it stays')
  await janes.keyboard.press('Enter')
  await message(johns, 'it stays').locator('[data-part=quote-text]', { hasText: 'to stay' }).waitFor()
  await janes.getByText('Reply to john').waitFor({ state: 'detached' })
  await message(johns, 'it stays').getByRole('button', { name: 'Go to your message' }).click()
  await message(johns, 'to stay').and(johns.locator(':focus')).waitFor()
})

it('a message is forwarded to another conversation with its author', async () => {
  await addPeople(scene.parley, ['jill'])
  await startWith(janes, 'jill')
  await send(janes, 'Hello jill')
  await listed(janes, 'john').click()
  await act(janes, message(janes, 'it stays'), 'Forward…')
  const dialog = janes.getByRole('dialog', { name: 'Forward to…' })
  await dialog.locator('input:focus').waitFor()
  await janes.keyboard.type('jil')
  await dialog.getByRole('button', { name: 'jill' }).click()
  await janes.getByRole('heading', { name: 'jill', level: 1 }).waitFor()
  const forwarded = message(janes, 'it stays')
  await forwarded.getByText('Forwarded from jane').waitFor()
  await forwarded.getByText('Sent').waitFor({ state: 'attached' })
  await listed(janes, 'john').click()
})

it('edits and deletions during an absence are there on return, and after a reload', async () => {
  await scene.jane.context.setOffline(true)
  await janes.getByText('You’re offline.').waitFor()
  await field(johns).press('ArrowUp')
  await field(johns).fill('stayed')
  await field(johns).press('Enter')
  await message(johns, 'stayed')
    .getByText(/^edited /)
    .waitFor()
  await act(johns, message(johns, 'How are the roses?'), 'Delete…')
  await johns.getByRole('button', { name: 'Delete' }).click()
  await message(johns, 'This message was deleted').nth(1).waitFor()
  await scene.jane.context.setOffline(false)
  await message(janes, 'stayed').waitFor()
  const gone = 'This message was deleted'
  const expected = ['Hello jane', gone, gone, 'stayed', 'it stays']
  await expect.poll(() => contents(janes)).toEqual(expected)
  await janes.reload()
  await expect.poll(() => contents(janes)).toEqual(expected)
  // A quote keeps the quoted text.
  expect(await message(janes, 'it stays').locator('[data-part=quote-text]').textContent()).toBe('to stay')
})

it('a quote leads to a message that is not loaded yet', async () => {
  const { id } = await jane.conversationWith('john')
  const question = await jane.send(id, 'the question of long ago')
  for (let n = 1; n <= 120; n++) await jane.send(id, `and ${n}`)
  await jane.post(`/api/conversations/${id}/messages`, { content: 'the answer', replyTo: question.id })
  // More than the browser stores.
  await johns.reload()
  await message(johns, 'the answer').waitFor()
  await message(johns, 'the answer').getByRole('button', { name: 'Go to the message from jane' }).click()
  const found = johns.locator('[data-part=message]', {
    has: johns.locator('[data-part=text]', { hasText: 'the question of long ago' })
  })
  await found.and(johns.locator(':focus')).waitFor()
  await expect
    .poll(() => found.evaluate((element) => element.getBoundingClientRect().top))
    .toBeGreaterThan(64)
})

it('the pages report no errors', () => {
  expect(errors).toEqual([])
})
