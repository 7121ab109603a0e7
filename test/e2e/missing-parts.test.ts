import { createClient } from '@parley/client'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openBrowser, type Browser } from '../harness/chromium.ts'
import { freePort, startParley, type Parley } from '../harness/parley.ts'
import { openWebFront, type WebFront } from '../harness/web-front.ts'
import { lazyParts, parts, partsGroup } from './parts.ts'
import { controlled, message, send, signIn } from './people.ts'

const settings = { viewport: { width: 1280, height: 800 }, locale: 'en-GB' }
let parley: Parley
let front: WebFront
/** With a service worker. */
let browser: Browser
/** Without one, like a page loaded without TLS. */
let plain: Browser
let group: string

beforeAll(async () => {
  const port = await freePort()
  parley = await startParley({ env: { ORIGIN: `http://localhost:${port}` } })
  front = await openWebFront(port, parley.url)
  browser = await openBrowser(settings)
  plain = await openBrowser({ ...settings, serviceWorkers: 'block' })
  const john = createClient({ baseUrl: front.url })
  await john.login('john')
  ;({ id: group } = await john.startGroup({ title: partsGroup.title, usernames: ['jane'] }))
  const { id } = await john.sendMessage(group, { content: 'as it read before' })
  await john.editMessage(group, id, { content: partsGroup.content })
  await john.addReaction(group, id, '👍')
})
afterAll(async () => {
  await browser.close()
  await plain.close()
  await front[Symbol.asyncDispose]()
  await parley.stop()
})
beforeEach(() => {
  front.lose(null)
  front.down = false
})

async function openGroup({ context }: Browser): Promise<Page> {
  const signedIn = (await context.cookies()).length > 0
  const page = signedIn ? await context.newPage() : await signIn({ context } as Browser, front.url, 'john')
  await page.goto(`${front.url}/conversations/${group}`)
  await message(page, partsGroup.content).waitFor()
  return page
}
const loads = (page: Page) => {
  const seen: string[] = []
  page.on('request', (request) => {
    if (request.isNavigationRequest()) seen.push(request.url())
  })
  return seen
}
const unavailable = (page: Page) => page.getByRole('dialog', { name: 'This part isn’t available' })
const newVersion = (page: Page) => page.getByText('A new version of Parley is ready.')

it('these tests cover every lazily loaded part', async () => {
  expect(parts.map(({ name }) => name).sort()).toEqual(await lazyParts())
})

it.each(parts)('$name is missing: the page reloads once, then says so and stays', async (part) => {
  const page = await openGroup(plain)
  front.lose(new RegExp(`/${part.name}-[^/]+\\.js$`))
  const seen = loads(page)
  await part.open(page)
  await expect.poll(() => seen.length).toBe(1)
  await message(page, partsGroup.content).waitFor()
  await part.open(page)
  await unavailable(page).getByText('Parley was updated.').waitFor()
  await newVersion(page).waitFor()
  await message(page, partsGroup.content).waitFor()
  await unavailable(page).getByRole('button', { name: 'Close' }).click()
  await unavailable(page).waitFor({ state: 'detached' })
  expect(seen).toHaveLength(1)
  // The rest of the page keeps working.
  await send(page, `without ${part.name}`)
  await message(page, `without ${part.name}`).getByText('Sent').waitFor({ state: 'attached' })
  await page.close()
})

it.each(parts)('C8: $name opens without a network', async (part) => {
  const page = await openGroup(browser)
  await controlled(page)
  await browser.context.setOffline(true)
  await page.reload()
  await message(page, partsGroup.content).waitFor()
  await part.open(page)
  await part.shown(page).waitFor()
  await browser.context.setOffline(false)
  await page.close()
})

it('a part that failed to load is loaded when the network is back, without a reload', async () => {
  const page = await openGroup(plain)
  const seen = loads(page)
  await plain.context.setOffline(true)
  await page.getByRole('button', { name: 'New group' }).click()
  await unavailable(page).getByRole('button', { name: 'Close' }).click()
  expect(seen).toHaveLength(0)
  await plain.context.setOffline(false)
  await page.getByRole('button', { name: 'New group' }).click()
  await page.getByRole('dialog', { name: 'New group' }).getByLabel('Group name').waitFor()
  await page.close()
})

it('typed text that a reload would lose prevents the automatic reload', async () => {
  const page = await openGroup(plain)
  const seen = loads(page)
  await page.getByRole('combobox').fill('ja')
  front.lose(/group-panel/)
  await page.getByRole('button', { name: 'Group details' }).click()
  await unavailable(page).getByRole('button', { name: 'Close' }).click()
  await newVersion(page).waitFor()
  expect(await page.getByRole('combobox').inputValue()).toBe('ja')
  expect(seen).toHaveLength(0)
  await page.close()
})

it('after an upgrade an open tab keeps all its parts, offers the new version, and loads it on request', async () => {
  const page = await openGroup(browser)
  await controlled(page)
  const script = () => page.locator('script[type=module]').getAttribute('src')
  const before = await script()
  await send(page, 'written before the upgrade')
  await front.upgrade()
  // What the browser does on each navigation, and the app every hour.
  await page.evaluate('navigator.serviceWorker.ready.then((registration) => registration.update())')
  await newVersion(page).waitFor()
  for (const part of parts) {
    await part.open(page)
    await part.shown(page).waitFor()
    await page.keyboard.press('Escape')
    await part.shown(page).waitFor({ state: 'detached' })
  }
  expect(await script()).toBe(before)
  const other = await browser.context.newPage()
  await other.goto(page.url())
  await newVersion(other).waitFor()
  await page.getByRole('button', { name: 'Reload' }).click()
  await expect.poll(script).toContain('-b1.js')
  await message(page, 'written before the upgrade').waitFor()
  expect(await newVersion(page).count()).toBe(0)
  // The other tab continues with the version that it shows.
  await newVersion(other).waitFor()
  await other.getByRole('button', { name: 'New group' }).click()
  await parts[0]!.shown(other).waitFor()
  await other.close()
  await browser.context.setOffline(true)
  await page.reload()
  await message(page, 'written before the upgrade').waitFor()
  expect(await script()).toContain('-b1.js')
  await browser.context.setOffline(false)
  await page.close()
})

it('a new version that cannot be cached completely leaves nothing in the caches', async () => {
  const page = await openGroup(browser)
  await controlled(page)
  const cached = () => page.evaluate<string[]>('caches.keys()')
  const before = await cached()
  await front.upgrade()
  front.lose(/emoji-dialog/)
  await page.evaluate(`navigator.serviceWorker.ready.then(async (registration) => {
    const { promise, resolve } = Promise.withResolvers()
    registration.addEventListener('updatefound', () => {
      const { installing } = registration
      installing.addEventListener('statechange', () => installing.state === 'redundant' && resolve())
    })
    await registration.update()
    await promise
  })`)
  expect(await cached()).toEqual(before)
  expect(await newVersion(page).count()).toBe(0)
  await page.close()
})

it('without a service worker, a tab from before an upgrade reloads once into the new version', async () => {
  const page = await openGroup(plain)
  const seen = loads(page)
  await front.upgrade()
  await page.getByRole('button', { name: 'New group' }).click()
  await expect.poll(() => seen.length).toBe(1)
  await message(page, partsGroup.content).waitFor()
  await page.getByRole('button', { name: 'New group' }).click()
  await parts[0]!.shown(page).waitFor()
  expect(seen).toHaveLength(1)
  await page.close()
})

it('the cached page shows at once, however slow the server is', async () => {
  const page = await openGroup(browser)
  await controlled(page)
  front.down = true
  await page.reload()
  await message(page, partsGroup.content).waitFor()
  front.down = false
  await page.close()
})
