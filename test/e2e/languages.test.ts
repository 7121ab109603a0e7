import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { loginAs } from '../harness/api.ts'
import { openBrowser } from '../harness/chromium.ts'
import { violations } from './axe.ts'
import { controlled, openScene, type Scene } from './people.ts'

const desktop = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }

let scene: Scene
let direct: string
let group: string
beforeAll(async () => {
  scene = await openScene()
  const john = await loginAs(scene.parley.url, 'john')
  const jane = await loginAs(scene.parley.url, 'jane')
  direct = (await jane.conversationWith('john')).id
  await jane.send(direct, 'from jane')
  await john.send(direct, 'from john')
  const { body } = await john.post<{ id: string }>('/api/conversations', {
    title: 'Garden',
    usernames: ['jane']
  })
  group = body.id
})
afterAll(() => scene[Symbol.asyncDispose]())

/** Opens a browser with the language `locale` and a page on which john is signed in. */
async function arrive(locale: string, viewport = desktop) {
  const browser = await openBrowser({ locale, viewport })
  const page = await browser.context.newPage()
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(scene.parley.url)
  const username = page.locator('input[name=username]')
  await username.waitFor()
  await username.fill('john')
  await page.locator('button[type=submit]').click()
  await page.getByRole('navigation').waitFor()
  return { browser, page, [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose]() }
}

const open = async (page: Page, id: string) => {
  await page.goto(`${scene.parley.url}/conversations/${id}`)
  await page.locator('[data-part=header]').waitFor()
  await page.locator('[data-part=message], [data-part=line]').first().waitFor()
}

async function box(locator: Locator) {
  const { x, width } = (await locator.boundingBox())!
  return { left: x, right: x + width }
}

const html = (page: Page) =>
  page.evaluate(`[document.documentElement.lang, document.documentElement.dir].join(' ')`)

const bubble = (page: Page, text: string) =>
  page.locator('[data-part=message]').filter({ hasText: text }).locator('[data-part=bubble]')

describe('in Arabic', () => {
  it('the list is on the right, and own messages are on the left', async () => {
    await using john = await arrive('ar')
    await open(john.page, direct)
    expect(await html(john.page)).toBe('ar rtl')
    const list = await box(john.page.getByRole('navigation'))
    const messages = await box(john.page.locator('[data-part=messages]'))
    expect(list.left).toBeGreaterThanOrEqual(messages.right - 1)
    const [mine, theirs] = [
      await box(bubble(john.page, 'from john')),
      await box(bubble(john.page, 'from jane'))
    ]
    expect(mine.right).toBeLessThan(theirs.left)
    const send = await box(john.page.locator('[data-part=composer] button[type=submit]'))
    expect(send.right).toBeLessThan((await box(john.page.locator('textarea'))).left + 1)
  })

  it('on a phone, the Back link is on the right, and its arrow points there', async () => {
    await using john = await arrive('ar', phone)
    await open(john.page, direct)
    const back = john.page.locator('[data-part=header] a')
    expect((await box(back)).left).toBeGreaterThan(phone.width / 2)
    const transform = await john.page.evaluate(
      `getComputedStyle(document.querySelector('[data-part=header] a svg')).transform`
    )
    expect(transform).toContain('matrix(-1')
    await back.click()
    await john.page.getByRole('navigation').waitFor()
  })

  it('menus and the group panel open from the side of their buttons', async () => {
    await using john = await arrive('ar')
    const account = john.page.getByRole('button', { name: 'حساب john' })
    await account.click()
    const popup = john.page.getByRole('dialog')
    const { right } = await box(account)
    // It animates to its size.
    await expect.poll(async () => Math.abs((await box(popup)).right - right)).toBeLessThan(5)
    await john.page.keyboard.press('Escape')
    await open(john.page, group)
    await john.page.getByRole('button', { name: 'تفاصيل المجموعة' }).click()
    await popup.waitFor()
    expect((await box(popup)).left).toBe(0)
    expect(await violations(john.page)).toEqual([])
  })

  it('arrow keys move through the emoji in visual order', async () => {
    await using john = await arrive('ar')
    await open(john.page, direct)
    await bubble(john.page, 'from jane').click({ button: 'right' })
    const [first, second] = [0, 1].map((n) => john.page.getByRole('menuitemcheckbox').nth(n))
    expect((await box(second!)).right).toBeLessThan((await box(first!)).left + 1)
    await john.page.keyboard.press('ArrowLeft')
    expect(await second!.evaluate((element) => element.matches(':focus'))).toBe(true)
    await john.page.keyboard.press('ArrowRight')
    expect(await first!.evaluate((element) => element.matches(':focus'))).toBe(true)
  })
})

describe.each(['ar', 'de'])('in %s', (locale) => {
  it('no page is wider than a phone, buttons are large enough to touch, and axe finds no barrier', async () => {
    await using john = await arrive(locale, phone)
    const { page } = john
    for (const where of ['/', `/conversations/${direct}`, `/conversations/${group}`, '/nowhere']) {
      for (const width of [390, 320]) {
        await page.setViewportSize({ width, height: 844 })
        await page.goto(scene.parley.url + where)
        await page.getByRole('heading', { level: 1 }).waitFor()
        const wider = await page
          .locator('html, [data-part=messages], nav')
          .evaluateAll((all) => all.filter((each) => each.scrollWidth > each.clientWidth).length)
        expect(wider, `${where} at ${width}`).toBe(0)
      }
      expect(await violations(page), where).toEqual([])
    }
  })
})

describe('a language', () => {
  it('is chosen in the account menu, applies at once, and stays after a reload, also offline', async () => {
    await using john = await arrive('en-GB')
    const { page, browser } = john
    await controlled(page)
    await page.getByRole('button', { name: 'Account of john' }).click()
    await page.getByLabel('Language').selectOption('Deutsch')
    await page.getByRole('heading', { name: 'Chats', exact: true }).waitFor()
    expect(await html(page)).toBe('de ltr')
    const account = page.getByRole('button', { name: 'Konto von john' })
    expect(await account.evaluate((element) => element.matches(':focus'))).toBe(true)
    // The first snapshot is kept by now.
    await page.locator('[data-conversation]').first().waitFor()
    await browser.context.setOffline(true)
    await page.reload()
    await page.getByRole('heading', { name: 'Chats', exact: true }).waitFor()
    expect(await html(page)).toBe('de ltr')
  })

  it('sets its direction before the first render', async () => {
    await using browser = await openBrowser({ locale: 'ar-EG', viewport: phone })
    const page = await browser.context.newPage()
    await page.addInitScript(`
      new MutationObserver(() => {
        const root = document.getElementById('root')
        if (root?.firstChild) globalThis.firstShown ??= document.documentElement.dir + ' ' + root.textContent
      }).observe(document, { childList: true, subtree: true })
    `)
    await page.goto(scene.parley.url)
    await page.locator('input[name=username]').waitFor()
    expect(await page.evaluate('firstShown')).not.toMatch(/^ltr|[A-Z][a-z]+ing/)
    expect(await page.evaluate('firstShown')).toMatch(/^rtl/)
  })

  it('without a loadable catalog falls back to English', async () => {
    await using browser = await openBrowser({ locale: 'de', viewport: phone, serviceWorkers: 'block' })
    const page = await browser.context.newPage()
    await page.route(/\/assets\/de-.*\.js$/, (route) => route.abort())
    await page.goto(scene.parley.url)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await html(page)).toBe('en ')
    // A missing file may belong to another version: the page reloads once.
    await Promise.all([page.waitForEvent('load'), page.getByLabel('Language').selectOption('Deutsch')])
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.getByLabel('Language').selectOption('Deutsch')
    await page.getByText('This language couldn’t be loaded.').waitFor()
    await page.unroute(/\/assets\/de-.*\.js$/)
    await page.reload()
    await page.getByRole('button', { name: 'Anmelden' }).waitFor()
  })
})
