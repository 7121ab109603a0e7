import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BrowserContext, Page, Request } from 'playwright-core'
import { call } from '../harness/api.ts'
import { accessField, listed, meet, message, openScene, send, type Scene } from './people.ts'

let scene: Scene
let johns: Page
let janes: Page
beforeAll(async () => {
  scene = await openScene()
  ;({ johns, janes } = await meet(scene))
})
afterAll(() => scene[Symbol.asyncDispose]())

/** Counts the streams that a browser's tabs open from now on and still hold. */
function countStreams(context: BrowserContext): () => number {
  const streams = new Set<Request>()
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/messages') streams.add(request)
  })
  context.on('requestfailed', (request) => void streams.delete(request))
  context.on('requestfinished', (request) => void streams.delete(request))
  return () => Array.from(streams).filter((request) => !request.frame().page().isClosed()).length
}

it('a closed tab catches up when it is opened again', async () => {
  await send(johns, 'before')
  await listed(janes, 'john').click()
  await message(janes, 'before').waitFor()
  const address = janes.url()
  await janes.close()
  for (const content of ['one', 'two', 'three']) await send(johns, content)
  await message(johns, 'three').getByText('Sent').waitFor({ state: 'attached' })
  janes = await scene.jane.context.newPage()
  await janes.goto(scene.parley.url)
  await listed(janes, 'john').getByText('3 unread messages').waitFor({ state: 'attached' })
  await janes.goto(address)
  await message(janes, 'three').waitFor()
  expect(await janes.locator('[data-part=text]').allTextContents()).toEqual(['before', 'one', 'two', 'three'])
})

it('E4: messages sent while the server is down are delivered when it is back, once and in order', async () => {
  await scene.parley.kill()
  await send(johns, 'into the void')
  await send(johns, 'and again')
  await message(johns, 'and again').getByText('Sending').waitFor({ state: 'attached' })
  await johns.getByText(/Reconnecting…/).waitFor()
  await scene.parley.restart()
  await message(janes, 'and again').waitFor()
  await message(johns, 'and again').getByText('Sent').waitFor({ state: 'attached' })
  for (const page of [johns, janes]) {
    expect((await page.locator('[data-part=text]').allTextContents()).slice(-3)).toEqual([
      'three',
      'into the void',
      'and again'
    ])
  }
  await johns.getByText(/Reconnecting…/).waitFor({ state: 'detached' })
})

it('E4: a lost response does not duplicate the message', async () => {
  // The server stores it, but the browser loses the response, twice.
  let lost = 0
  await johns.route(/\/api\/conversations\/\d+\/messages$/, async (route) => {
    if (route.request().method() !== 'POST' || lost === 2) return route.continue()
    lost++
    await route.fetch()
    await route.abort()
  })
  await send(johns, 'only once')
  await message(johns, 'only once').getByText('Sent').waitFor({ state: 'attached' })
  await johns.unrouteAll({ behavior: 'wait' })
  await send(johns, 'the next one')
  await message(janes, 'the next one').waitFor()
  expect(await message(janes, 'only once').count()).toBe(1)
  expect(await message(johns, 'only once').count()).toBe(1)
})

it('two tabs share one stream and show the same, and the second takes over when the first closes', async () => {
  const browser = scene.john
  await johns.close()
  const streams = countStreams(browser.context)
  const open = async () => {
    const page = await browser.context.newPage()
    await page.goto(janes.url())
    await message(page, 'the next one').waitFor()
    return page
  }
  const first = await open()
  await expect.poll(streams).toBe(1)
  const second = await open()
  await send(janes, 'to both')
  await Promise.all([first, second].map((page) => message(page, 'to both').waitFor()))
  await send(second, 'from the second')
  await Promise.all([first, second, janes].map((page) => message(page, 'from the second').waitFor()))
  await message(second, 'from the second').getByText('Sent').waitFor({ state: 'attached' })
  expect(streams()).toBe(1)
  await first.close()
  await send(janes, 'still there?')
  await message(second, 'still there?').waitFor()
  await expect.poll(streams).toBe(1)
  await send(second, 'of course')
  await message(janes, 'of course').waitFor()
  johns = second
})

it("another user's sign-in shows in every tab, and nothing of the first user remains", async () => {
  const other = await scene.john.context.newPage()
  await other.goto(scene.parley.url)
  await other.getByRole('button', { name: 'Account of john' }).click()
  await other.getByRole('button', { name: 'Sign out' }).click()
  await Promise.all([johns, other].map((page) => accessField(page).waitFor()))
  await accessField(other).fill('jane')
  await other.getByRole('button', { name: 'Sign in' }).click()
  await Promise.all(
    [johns, other].map((page) => page.getByRole('button', { name: 'Account of jane' }).waitFor())
  )
  await message(johns, 'of course').waitFor()
  expect(await johns.locator('[data-mine]', { hasText: 'of course' }).count()).toBe(0)
  await other.close()
})

it('a session that ended elsewhere leads to the access page', async () => {
  const cookies = await scene.jane.context.cookies()
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const ended = await call(`${scene.parley.url}/api/logout`, {
    method: 'POST',
    headers: { cookie, origin: scene.parley.url }
  })
  expect(ended.status).toBe(204)
  await accessField(janes).waitFor()
})
