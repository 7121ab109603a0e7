import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { loginAs } from '../harness/api.ts'
import { message, openScene, send, signIn, type Scene } from './people.ts'

let scene: Scene
let page: Page
let janeSends: (content: string) => Promise<unknown>
beforeAll(async () => {
  scene = await openScene()
  const jane = await loginAs(scene.parley.url, 'jane')
  const { id } = await jane.conversationWith('john')
  janeSends = (content) => jane.send(id, content)
  // Of different heights, as real messages are.
  for (let n = 1; n <= 60; n++)
    await janeSends(`message ${n}${n % 4 === 0 ? ' and some more words'.repeat(20) : ''}`)
  page = await signIn(scene.john, scene.parley.url, 'john')
})
afterAll(() => scene[Symbol.asyncDispose]())

/**
 * Returns where the message at a position is, px from the top of the page; content above its bubble may
 * change.
 */
const top = (position: number) =>
  page
    .locator(`[data-position="${position}"] [data-part=bubble]`)
    .evaluate((element) => element.getBoundingClientRect().top)
/** Returns the rendered positions in order. */
const positions = () =>
  page
    .locator('[data-position]')
    .evaluateAll((elements) => elements.map((element) => Number(element.getAttribute('data-position'))))
/** Scrolls to the very top: rows measured on the way move the end. */
async function scrollUp(): Promise<void> {
  await expect
    .poll(async () => {
      await region().evaluate((element) => (element.scrollTop = 0))
      await painted()
      return region().evaluate((element) => element.scrollTop)
    })
    .toBe(0)
}
/** Resolves after two paints, when all layout changes are done. */
const painted = () =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
const region = () => page.getByRole('region', { name: 'Messages with jane' })

it('a conversation opens at its end', async () => {
  await page.getByRole('link', { name: 'jane' }).click()
  await page.locator('[data-position="60"]').waitFor()
  await expect
    .poll(() =>
      region().evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
    )
    .toBeLessThan(2)
})

it('60 messages load while scrolling up, and visible ones do not move', async () => {
  for (const oldest of [36, 11]) {
    // The requested page is held until all positions are recorded.
    const held = Promise.withResolvers<void>()
    await page.route(/messages\?before=/, async (route) => {
      await held.promise
      await route.continue()
    })
    await scrollUp()
    expect((await positions())[0]).toBe(oldest)
    const before = await top(oldest)
    held.resolve()
    await expect.poll(async () => (await positions())[0]).toBeLessThan(oldest)
    await painted()
    expect(Math.abs((await top(oldest)) - before)).toBeLessThanOrEqual(1)
    await page.unroute(/messages\?before=/)
  }
  await scrollUp()
  await page.getByText('This is the beginning of your conversation with jane.').waitFor()
  await page.locator('[data-position="1"]').waitFor()
})

it('a message that arrives while reading above is announced by a button that leads there', async () => {
  await janeSends('news')
  await page.getByRole('button', { name: '1 new message' }).click()
  await message(page, 'news').waitFor()
  await page.getByRole('button', { name: '1 new message' }).waitFor({ state: 'detached' })
  await expect.poll(() => page.title()).toBe('Parley')
})

it("one's own new message is scrolled into view", async () => {
  await scrollUp()
  await page.locator('[data-position="1"]').waitFor()
  await send(page, 'my own words')
  await message(page, 'my own words').waitFor()
  await message(page, 'my own words').getByText('Sent').waitFor({ state: 'attached' })
})
