import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { listed, meet, message, openScene, send, type Scene } from './people.ts'

let scene: Scene
let johns: Page
let janes: Page
const errors: string[] = []
beforeAll(async () => {
  scene = await openScene()
  ;({ johns, janes } = await meet(scene))
  for (const page of [johns, janes]) page.on('pageerror', (error) => errors.push(error.message))
})
afterAll(() => scene[Symbol.asyncDispose]())

it('a message appears at once, with an unread mark and a title', async () => {
  await send(johns, 'Hello jane')
  await message(johns, 'Hello jane').getByText('Sent').waitFor({ state: 'attached' })
  await listed(janes, 'john').getByText('1 unread message').waitFor({ state: 'attached' })
  await expect.poll(() => janes.title()).toBe('(1) Parley')
})

it('the mark disappears when the conversation is read', async () => {
  await listed(janes, 'john').click()
  await message(janes, 'Hello jane').waitFor()
  await expect.poll(() => janes.title()).toBe('Parley')
  await listed(janes, 'john').getByText('1 unread message').waitFor({ state: 'detached' })
  await janes.reload()
  await message(janes, 'Hello jane').waitFor()
  await expect.poll(() => janes.title()).toBe('Parley')
})

it('messages both ways are in order, and unchanged after a reload', async () => {
  await send(janes, 'Hello john')
  await message(johns, 'Hello john').waitFor()
  await send(johns, 'How are you?')
  await send(johns, 'And the garden?')
  await message(janes, 'And the garden?').waitFor()
  const expected = ['Hello jane', 'Hello john', 'How are you?', 'And the garden?']
  for (const page of [johns, janes]) {
    expect(await page.locator('[data-part=text]').allTextContents()).toEqual(expected)
    await page.reload()
    await message(page, 'And the garden?').waitFor()
    expect(await page.locator('[data-part=text]').allTextContents()).toEqual(expected)
  }
})

it('text that looks like HTML stays text', async () => {
  await send(johns, '<img src=x onerror="document.title = 0">')
  await message(janes, '<img src=x onerror="document.title = 0">').waitFor()
  expect(await janes.locator('[data-part=message] img').count()).toBe(0)
  expect(await janes.title()).toBe('Parley')
})

it('a link opens in a new tab, and only web and mail addresses are links', async () => {
  await send(johns, 'https://example.org/plan javascript:alert(1)')
  const link = janes.locator('[data-part=message] a')
  await link.waitFor()
  expect(await link.getAttribute('href')).toBe('https://example.org/plan')
  expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
})

it('Shift and Enter start a new line, and a draft is kept while another conversation is open', async () => {
  const field = johns.getByRole('textbox', { name: 'Message jane' })
  await field.fill('first')
  await field.press('Shift+Enter')
  await field.pressSequentially('second')
  await johns.goto(scene.parley.url)
  await listed(johns, 'jane').click()
  expect(await field.inputValue()).toBe('first\nsecond')
  await field.press('Enter')
  await janes.locator('[data-part=text]', { hasText: 'second' }).waitFor()
  expect(await janes.locator('[data-part=text]').last().innerText()).toBe('first\nsecond')
})

it('a message that is too long is refused with the reason, and can be discarded', async () => {
  // As before the setting was lowered.
  await johns.route(/\/api\/auth_user$/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, headers: { ...response.headers(), 'message-max-length': '5000' } })
  })
  await johns.reload()
  await send(johns, 'x'.repeat(4_001))
  await johns.getByText(/Not sent\..*4,000 characters/).waitFor()
  // An unchanged retry cannot succeed.
  expect(await johns.getByRole('button', { name: 'Try again' }).count()).toBe(0)
  const bottom = await johns
    .getByRole('button', { name: 'Discard' })
    .evaluate((element) => element.getBoundingClientRect().bottom)
  expect(bottom, 'the choices are in sight').toBeLessThan(800)
  await johns.getByRole('button', { name: 'Discard' }).click()
  await johns.getByText(/Not sent\./).waitFor({ state: 'detached' })
})

it('the pages report no errors', () => {
  expect(errors).toEqual([])
})
