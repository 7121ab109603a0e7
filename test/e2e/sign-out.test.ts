import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { loginAs, type Api } from '../harness/api.ts'
import { accessField, controlled, listed, message, openScene, send, signIn, type Scene } from './people.ts'

let scene: Scene
let context: BrowserContext
let jane: Api
let john: Api
let conversation: string
/** Texts that no storage may contain after john has signed out. */
const words = ['half a thought', 'never sent', 'hello from jane', 'john', 'jane']

beforeAll(async () => {
  scene = await openScene()
  context = scene.john.context
  jane = await loginAs(scene.parley.url, 'jane')
  john = await loginAs(scene.parley.url, 'john')
  conversation = (await jane.conversationWith('john')).id
  await jane.send(conversation, 'hello from jane')
})
afterAll(() => scene[Symbol.asyncDispose]())
beforeEach(() => context.setOffline(false))

const field = (page: Page) => page.getByRole('textbox', { name: /^Message / })
const address = () => `${scene.parley.url}/conversations/${conversation}`

/** Opens a page of john with a draft in the conversation and a stored state. */
async function arrive(): Promise<Page> {
  const page = await signIn(scene.john, scene.parley.url, 'john')
  await controlled(page)
  await page.goto(address())
  await message(page, 'hello from jane').waitFor()
  await field(page).fill('half a thought')
  await expect.poll(async () => stored(page)).toContain('hello from jane')
  return page
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
}

/**
 * Returns everything that this browser stores for the page, as one text: keys and values of every storage.
 */
async function stored(page: Page): Promise<string> {
  const kept = await page.evaluate(`(async () => {
    const databases = await Promise.all((await indexedDB.databases()).map(({ name }) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open(name)
        // Deleted since it was listed: it must not be created again.
        let isGone = false
        opening.onupgradeneeded = () => (isGone = true, opening.transaction.abort())
        opening.onerror = () => isGone ? resolve([]) : reject(opening.error)
        opening.onsuccess = () => {
          const database = opening.result
          const stores = [...database.objectStoreNames]
          if (stores.length === 0) return (database.close(), resolve([name]))
          const read = database.transaction(stores)
          const asked = stores.map((store) => read.objectStore(store).getAll())
          read.oncomplete = () => (database.close(), resolve([name, asked.map(({ result }) => result)]))
        }
      })))
    const files = await Promise.all((await caches.keys()).map(async (name) => {
      const cache = await caches.open(name)
      return [name, (await cache.keys()).map(({ url }) => url)]
    }))
    return JSON.stringify({
      local: { ...localStorage }, session: { ...sessionStorage }, databases, files, cookie: document.cookie, title: document.title
    })
  })()`)
  return String(kept)
}

async function expectNothingOf(page: Page): Promise<void> {
  // A worker's file names contain some of these words.
  const kept = async () => {
    const { files, ...rest } = JSON.parse(await stored(page)) as { files: [string, string[]][] }
    const odd = files.flatMap(([, urls]) => urls).filter((url) => new URL(url).pathname.startsWith('/api'))
    return JSON.stringify({ ...rest, odd })
  }
  for (const word of [...words, `parley:${john.user.id}`]) {
    await expect.poll(kept).not.toContain(word)
  }
}

it("C3: a sign-out deletes the user's data from every storage, and other tabs follow", async () => {
  const page = await arrive()
  const other = await context.newPage()
  await other.goto(address())
  await message(other, 'hello from jane').waitFor()
  await signOut(page)
  await accessField(page).waitFor()
  await accessField(other).waitFor()
  await expectNothingOf(page)
  await expectNothingOf(other)
  expect(await context.cookies()).toEqual([])
  await page.reload()
  await accessField(page).waitFor()
  expect(await page.getByText('session has expired').count()).toBe(0)
  await other.close()
  await page.close()
})

it('C3: an offline sign-out as well: the cookie signs no one in again, and the session ends when the server is back', async () => {
  const page = await arrive()
  const [cookie] = await context.cookies()
  const me = () =>
    fetch(`${scene.parley.url}/api/auth_user`, { headers: { cookie: `${cookie!.name}=${cookie!.value}` } })
  expect((await me()).status).toBe(200)
  await context.setOffline(true)
  await signOut(page)
  await page.getByText(/server can’t be reached/).waitFor()
  await expectNothingOf(page)
  await page.reload()
  await page.getByText(/server can’t be reached/).waitFor()
  await context.setOffline(false)
  await accessField(page).waitFor()
  await expect.poll(async () => (await me()).status).toBe(401)
  await expectNothingOf(page)
  // The next user to sign in stays signed in.
  await accessField(page).fill('john')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await message(page, 'hello from jane').waitFor()
  await page.reload()
  await message(page, 'hello from jane').waitFor()
  // The account keeps the drafts that this browser deleted.
  await expect.poll(() => field(page).inputValue()).toBe('half a thought')
  await signOut(page)
  await accessField(page).waitFor()
  await page.close()
})

it('C3: a sign-out that would drop unsent messages asks first', async () => {
  const page = await arrive()
  await context.setOffline(true)
  await send(page, 'never sent')
  await message(page, 'never sent').waitFor()
  await signOut(page)
  const dialog = page.getByRole('dialog', { name: 'Sign out and delete unsent messages?' })
  await dialog.getByText('1 message or change hasn’t been sent.').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await message(page, 'never sent').waitFor()
  await signOut(page)
  await dialog.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText(/server can’t be reached/).waitFor()
  await expectNothingOf(page)
  await context.setOffline(false)
  await accessField(page).waitFor()
  await page.close()
})

it('C3: an expired session says so, keeps drafts and outbox, and the same user returns to the same page', async () => {
  const page = await arrive()
  await context.setOffline(true)
  await field(page).fill('written offline')
  await field(page).press('Enter')
  await message(page, 'written offline').waitFor()
  await field(page).fill('half a thought')
  const [cookie] = await context.cookies()
  await fetch(`${scene.parley.url}/api/logout`, {
    method: 'POST',
    headers: { cookie: `${cookie!.name}=${cookie!.value}`, origin: scene.parley.url }
  })
  await context.setOffline(false)
  await page.getByText(/Your session has expired/).waitFor()
  await page.reload()
  await page.getByText(/Your session has expired/).waitFor()
  // Received messages are not kept for the next user of this browser; drafts and outbox are.
  await expect.poll(() => stored(page)).not.toContain('hello from jane')
  expect(await stored(page)).toContain('half a thought')
  expect(page.url()).toBe(address())
  await accessField(page).fill('john')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await message(page, 'written offline').getByText('Sent').waitFor({ state: 'attached' })
  expect(await field(page).inputValue()).toBe('half a thought')
  expect(page.url()).toBe(address())
  await signOut(page)
  await accessField(page).waitFor()
  await page.close()
})

it('a user whose session ended in a conversation returns to it after signing in', async () => {
  const page = await context.newPage()
  await page.goto(address())
  await accessField(page).fill('john')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await message(page, 'hello from jane').waitFor()
  expect(page.url()).toBe(address())
  // As at the end of a GitHub sign-in.
  for (const [query, path] of [
    [`?return_to=${encodeURIComponent(`/conversations/${conversation}`)}`, `/conversations/${conversation}`],
    ['?return_to=//example.org/conversations/1', '/'],
    ['?return_to=https://example.org/', '/'],
    ['', '/']
  ]) {
    await page.goto(`${scene.parley.url}/callback${query}`)
    await listed(page, 'jane').or(message(page, 'hello from jane')).first().waitFor()
    expect(page.url()).toBe(scene.parley.url + path)
  }
  await page.close()
})
