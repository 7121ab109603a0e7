import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { openBrowser, type Browser } from '../harness/chromium.ts'
import { loginBehind } from '../harness/api.ts'
import { cleanEnv, release, startParley, type Parley } from '../harness/parley.ts'

/** Parley as its own process, and a browser for each of john and jane. */
export type Scene = {
  parley: Parley
  john: Browser
  jane: Browser
  /** One more person, who is added and signs in with a browser of their own. */
  arrive(username: string, options?: BrowserOptions): Promise<Page>
  [Symbol.asyncDispose](): Promise<void>
}

export type BrowserOptions = Omit<NonNullable<Parameters<typeof openBrowser>[0]>, 'env'>

/** `env` is what Parley is started with; the rest is of the browsers. */
export async function openScene({
  env = {},
  ...options
}: BrowserOptions & { env?: Record<string, string> } = {}): Promise<Scene> {
  if (!existsSync(join(release, 'web/index.html'))) {
    throw new Error('The web app is not built: npm run build')
  }
  const stack = new AsyncDisposableStack()
  const settings = { viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options }
  const [parley, john, jane] = await Promise.all([
    startParley({ env }),
    openBrowser(settings),
    openBrowser(settings)
  ])
  for (const each of [parley, john, jane]) stack.use(each)
  return {
    parley,
    john,
    jane,
    async arrive(username, options = {}) {
      await addPeople(parley, [username])
      const browser = stack.use(await openBrowser({ ...settings, ...options }))
      return signIn(browser, parley.url, username)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync()
  }
}

/** Adds people as whoever runs a server does. */
export async function addPeople({ dataDir }: Parley, usernames: string[]): Promise<void> {
  await promisify(execFile)('./server/parley.js', ['user', 'add', ...usernames], {
    cwd: release,
    env: cleanEnv({ DATA_DIR: dataDir })
  })
}

/** The field of the access page: only those see it who are not signed in. */
export function accessField(page: Page): Locator {
  return page.getByLabel('Username', { exact: true })
}

/** A page of somebody who signed in as people do. */
export async function signIn(browser: Browser, url: string, username: string): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(url)
  await accessField(page).fill(username)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Conversations', exact: true }).waitFor()
  return page
}

/** A page behind a proxy, where the development login is refused: the session is created at a node. */
export async function signInBehind(
  browser: Browser,
  url: string,
  nodeUrl: string,
  username: string
): Promise<Page> {
  const { token } = await loginBehind(url, nodeUrl, username)
  const cookie = { name: 'parley_session', value: token, url, httpOnly: true, sameSite: 'Lax' as const }
  await browser.context.addCookies([cookie])
  const page = await browser.context.newPage()
  await page.goto(url)
  await page.getByRole('heading', { name: 'Conversations', exact: true }).waitFor()
  return page
}

/** Finds somebody by the beginning of the name and opens the conversation. */
export async function startWith(page: Page, username: string): Promise<void> {
  const search = page.getByRole('combobox')
  await search.fill(username.slice(0, 2))
  await page.getByRole('option', { name: username }).waitFor()
  await search.press('ArrowDown')
  await search.press('Enter')
  await page.getByRole('heading', { name: username, level: 1 }).waitFor()
}

/** john and jane signed in, each with a page, and their conversation open on john's. */
export async function meet({ parley, john, jane }: Scene): Promise<{ johns: Page; janes: Page }> {
  const [johns, janes] = await Promise.all([
    signIn(john, parley.url, 'john'),
    signIn(jane, parley.url, 'jane')
  ])
  await startWith(johns, 'jane')
  return { johns, janes }
}

export async function send(page: Page, content: string): Promise<void> {
  const field = page.getByRole('textbox', { name: /^Message / })
  await field.fill(content)
  await field.press('Enter')
}

/** A message in the open conversation, by its whole text; not one that quotes it. */
export function message(page: Page, content: string): Locator {
  const text = page.locator('[data-part=text]').and(page.getByText(content, { exact: true }))
  return page.locator('[data-part=message]').filter({ has: text })
}

/** Opens what may be done with a message. */
export async function openMenu(page: Page, row: Locator): Promise<void> {
  await row.locator('[data-part=bubble]').click({ button: 'right' })
  await page.getByRole('menu').waitFor()
}

/** Does something with a message, by its menu. */
export async function act(page: Page, row: Locator, choice: string): Promise<void> {
  await openMenu(page, row)
  await page.getByRole('menuitem', { name: choice, exact: true }).click()
}

/** The row of the conversation with somebody, in the list. */
export function listed(page: Page, username: string): Locator {
  return page.getByRole('navigation').getByRole('link', { name: username })
}

/** Waits until a service worker serves the page. Asked from here: the content security policy lets no page evaluate a text. */
export async function controlled(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true)
}
