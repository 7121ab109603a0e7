import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { openBrowser, type Browser } from '../harness/chromium.ts'
import { loginBehind } from '../harness/api.ts'
import { cleanEnv, release, startParley, type Parley } from '../harness/parley.ts'

/** Parley as a child process, and a browser each for john and jane. */
export type Scene = {
  parley: Parley
  john: Browser
  jane: Browser
  /** Adds another user, who signs in with their own browser. */
  arrive(username: string, options?: BrowserOptions): Promise<Page>
  [Symbol.asyncDispose](): Promise<void>
}

export type BrowserOptions = Omit<NonNullable<Parameters<typeof openBrowser>[0]>, 'env'>

/** Opens a scene. `env` configures Parley; the other options configure the browsers. */
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

/** Adds users as an administrator does. */
export async function addPeople({ dataDir }: Parley, usernames: string[]): Promise<void> {
  await promisify(execFile)('./server/parley.js', ['user', 'add', ...usernames], {
    cwd: release,
    env: cleanEnv({ DATA_DIR: dataDir })
  })
}

/** Returns the field of the access page, which is shown only without a session. */
export function accessField(page: Page): Locator {
  return page.getByLabel('Username', { exact: true })
}

/** Returns a page on which a user has signed in through the form. */
export async function signIn(browser: Browser, url: string, username: string): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(url)
  await accessField(page).fill(username)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Conversations', exact: true }).waitFor()
  return page
}

/**
 * Returns a page behind a proxy, where the development login is refused: the session is created at a node.
 */
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

/** Finds a user by the start of their name and opens the conversation. */
export async function startWith(page: Page, username: string): Promise<void> {
  const search = page.getByRole('combobox')
  await search.fill(username.slice(0, 2))
  await page.getByRole('option', { name: username }).waitFor()
  await search.press('ArrowDown')
  await search.press('Enter')
  await page.getByRole('heading', { name: username, level: 1 }).waitFor()
}

/** Signs john and jane in on a page each, and opens their conversation on john's. */
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

/** Returns a message in the open conversation by its full text, excluding quotes of it. */
export function message(page: Page, content: string): Locator {
  const text = page.locator('[data-part=text]').and(page.getByText(content, { exact: true }))
  return page.locator('[data-part=message]').filter({ has: text })
}

/** Opens a message's menu. */
export async function openMenu(page: Page, row: Locator): Promise<void> {
  await row.locator('[data-part=bubble]').click({ button: 'right' })
  await page.getByRole('menu').waitFor()
}

/** Chooses an action in a message's menu. */
export async function act(page: Page, row: Locator, choice: string): Promise<void> {
  await openMenu(page, row)
  await page.getByRole('menuitem', { name: choice, exact: true }).click()
}

/** Returns a conversation's row in the list. */
export function listed(page: Page, username: string): Locator {
  return page.getByRole('navigation').getByRole('link', { name: username })
}

/**
 * Waits until a service worker controls the page. It asks from outside, because the content security policy
 * forbids evaluating text in the page.
 */
export async function controlled(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true)
}
