import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CDPSession, Locator, Page } from 'playwright-core'
import { loginAs } from '../harness/api.ts'
import { message, openScene, signIn, type Scene } from './people.ts'

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

let scene: Scene
let page: Page
let fingers: CDPSession
let pathname: string
const names = () => page.getByRole('option', { name: 'jane' })
beforeAll(async () => {
  scene = await openScene(phone)
  const { url } = scene.parley
  const [john, jane] = [await loginAs(url, 'john'), await loginAs(url, 'jane')]
  const { body } = await john.post<{ id: string }>('/api/conversations', {
    title: 'Garden',
    usernames: ['jane']
  })
  pathname = `/conversations/${body.id}`
  const { id } = await john.send(body.id, 'the roses')
  const path = `/api/conversations/${body.id}/messages/${id}`
  const headers = { authorization: `Bearer ${jane.token}` }
  await fetch(`${url}${path}/reactions/${encodeURIComponent('👍')}`, { method: 'PUT', headers })
  await john.post('/api/conversations', { title: 'Kitchen', usernames: ['jane'] })
  page = await signIn(scene.john, url, 'john')
  fingers = await scene.john.context.newCDPSession(page)
})
afterAll(() => scene[Symbol.asyncDispose]())

/** The list, with a conversation opened from it by a finger. */
beforeEach(async () => {
  await page.goto(scene.parley.url)
  await page.getByRole('link', { name: 'Garden' }).tap()
  await message(page, 'the roses').waitFor()
})

const dialogs = () => page.locator('dialog[open]')
const path = () => new URL(page.url()).pathname

/** Rests a finger on an element until its menu opens. */
async function rest(element: Locator): Promise<void> {
  const { x, y, width, height } = (await element.boundingBox())!
  const at = { x: x + width / 2, y: y + height / 2 }
  await fingers.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] })
  await page.getByRole('menu').waitFor()
  await fingers.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}

const openMenu = () => rest(message(page, 'the roses').locator('[data-part=bubble]'))
const choose = async (name: string) => {
  await openMenu()
  await page.getByRole('menuitem', { name }).tap()
}
const openPanel = () => page.getByRole('button', { name: 'Group details' }).tap()
const openPerson = async () => {
  await openPanel()
  await page.getByRole('button', { name: 'Actions for jane' }).tap()
}

/** Every overlay over a conversation, and the number of overlays stacked then. */
const overConversation: [string, () => Promise<unknown>, number, string][] = [
  ['the menu of a message', openMenu, 1, 'Message actions'],
  ['the emoji dialog', () => choose('More emoji…'), 1, 'React with an emoji'],
  ['the dialog with reacting users', () => choose('Reactions'), 1, 'Reactions'],
  ['the forward dialog', () => choose('Forward…'), 1, 'Forward to…'],
  ['the deletion confirmation', () => choose('Delete…'), 1, 'Delete this message?'],
  ['the group panel', openPanel, 1, 'Group'],
  ["a member's menu", openPerson, 2, 'Actions for jane'],
  [
    'the removal confirmation',
    async () => {
      await openPerson()
      await page.getByRole('menuitem', { name: 'Remove…' }).tap()
    },
    2,
    'Remove jane?'
  ],
  [
    'the leave confirmation',
    async () => {
      await openPanel()
      await page.getByRole('button', { name: 'Leave group' }).tap()
    },
    2,
    'Leave Garden?'
  ]
]
const overList: [string, () => Promise<unknown>, string][] = [
  ['the new group dialog', () => page.getByRole('button', { name: 'New group' }).tap(), 'New group'],
  ['the account', () => page.getByRole('button', { name: 'Account of john' }).tap(), 'Account of john']
]

describe('Back on a phone', () => {
  it.each(overConversation)('closes %s, and then returns to the list', async (_name, open, depth, title) => {
    await open()
    await page.getByRole('dialog', { name: title }).waitFor()
    for (let left = depth - 1; left >= 0; left--) {
      await page.goBack()
      await expect.poll(() => dialogs().count()).toBe(left)
      expect(path()).toBe(pathname)
      await message(page, 'the roses').waitFor()
    }
    await page.goBack()
    await expect.poll(path).toBe('/')
  })

  it.each(overList)('closes %s, and leaves the list as it is', async (_name, open, title) => {
    await page.goBack()
    await expect.poll(path).toBe('/')
    await open()
    await page.getByRole('dialog', { name: title }).waitFor()
    await page.goBack()
    await dialogs().waitFor({ state: 'detached' })
    expect(path()).toBe('/')
    await page.getByRole('link', { name: 'Garden' }).waitFor()
  })

  it('closes the mention suggestions before the conversation', async () => {
    await page.getByRole('textbox', { name: /^Message/ }).fill('@')
    await names().waitFor()
    await page.goBack()
    await names().waitFor({ state: 'detached' })
    expect(path()).toBe(pathname)
  })

  it('closes the suggestions in a dialog before the dialog', async () => {
    await page.goBack()
    await page.getByRole('button', { name: 'New group' }).tap()
    await page.getByRole('dialog').getByRole('combobox').fill('ja')
    await names().waitFor()
    await page.goBack()
    await names().waitFor({ state: 'detached' })
    expect(await dialogs().count()).toBe(1)
    await page.goBack()
    await dialogs().waitFor({ state: 'detached' })
  })

  it('closes the people search above the conversations, and leaves those as they are', async () => {
    await page.goBack()
    await expect.poll(path).toBe('/')
    await page.getByRole('combobox').fill('ja')
    await page.getByRole('option', { name: 'jane' }).waitFor()
    await page.goBack()
    await page.getByRole('option').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Garden' }).waitFor()
    // A chosen conversation opens as usual, and Back returns to the list.
    await page.getByRole('combobox').press('ArrowDown')
    await page.getByRole('option', { name: 'jane' }).tap()
    await expect.poll(path).not.toBe('/')
    await page.goBack()
    await expect.poll(path).toBe('/')
  })

  it('skips overlays closed in another way: by Escape, beside it, or by its button', async () => {
    const before = await page.evaluate<number>('history.length')
    for (const close of [
      () => page.keyboard.press('Escape'),
      () => page.touchscreen.tap(195, 20),
      () => page.getByRole('button', { name: 'Close' }).tap()
    ]) {
      await choose('Delete…')
      await page.getByRole('dialog', { name: 'Delete this message?' }).waitFor()
      await close()
      await dialogs().waitFor({ state: 'detached' })
    }
    expect(await page.evaluate('history.length')).toBe(before + 1)
    await page.goBack()
    await expect.poll(path).toBe('/')
  })

  it('closes a form in a panel before the panel, and focuses the button that opened it', async () => {
    for (const name of ['Rename', 'Add members']) {
      await openPanel()
      await page.getByRole('button', { name }).tap()
      await page.locator('dialog form').waitFor()
      await page.goBack()
      await page.locator('dialog form').waitFor({ state: 'detached' })
      await page.getByRole('button', { name }).and(page.locator(':focus')).waitFor()
      await page.goBack()
      await dialogs().waitFor({ state: 'detached' })
    }
    expect(path()).toBe(pathname)
  })

  it("a page opened from a dialog replaces the dialog's history entry", async () => {
    await choose('Forward…')
    await page.getByRole('dialog').getByRole('button', { name: 'Kitchen' }).tap()
    await page.getByRole('heading', { name: 'Kitchen', level: 1 }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor()
    await page.goForward()
    await page.getByRole('link', { name: 'Back to conversations' }).tap()
    await expect.poll(path).toBe('/')
  })

  it('the link back to the list leaves no conversation below it in the history', async () => {
    const before = await page.evaluate<number>('history.length')
    for (let times = 0; times < 3; times++) {
      await page.getByRole('link', { name: 'Back to conversations' }).tap()
      await expect.poll(path).toBe('/')
      await page.getByRole('link', { name: 'Garden' }).tap()
      await message(page, 'the roses').waitFor()
    }
    expect(await page.evaluate('history.length')).toBe(before)
  })
})

const touched = () => page.evaluate<string[]>('window.touched')

async function watch(): Promise<void> {
  await page.evaluate(`
    window.touched = []
    for (const type of ['pointerdown', 'pointerup', 'mousedown', 'mouseup', 'click', 'touchend'])
      addEventListener(type, ({ target }) => {
        if (!target.closest?.('dialog')) window.touched.push(type + ' ' + target.className)
      }, { capture: true })
  `)
}

describe('a tap beside an overlay closes it, and touches nothing beneath', () => {
  it.each(overConversation.filter(([name]) => name !== 'the group panel'))(
    '%s',
    async (_name, open, depth, title) => {
      await open()
      // As many were open before the last one replaced a menu.
      await page.getByRole('dialog', { name: title }).waitFor()
      await expect.poll(() => dialogs().count()).toBe(depth)
      await watch()
      await page.touchscreen.tap(360, 32)
      await expect.poll(() => dialogs().count()).toBe(depth - 1)
      expect(await touched()).toEqual([])
      expect(path()).toBe(pathname)
    }
  )
  it.each(overList)('%s', async (_name, open, title) => {
    await page.goBack()
    await expect.poll(path).toBe('/')
    await open()
    await page.getByRole('dialog', { name: title }).waitFor()
    await watch()
    await page.touchscreen.tap(200, 160)
    await dialogs().waitFor({ state: 'detached' })
    expect(await touched()).toEqual([])
    expect(path()).toBe('/')
  })
  it('and keeps text typed for a new group', async () => {
    await page.goBack()
    await page.getByRole('button', { name: 'New group' }).tap()
    const field = page.getByLabel('Group name')
    await field.fill('Rose friends')
    await page.touchscreen.tap(200, 20)
    expect(await field.inputValue()).toBe('Rose friends')
    await page.goBack()
    await dialogs().waitFor({ state: 'detached' })
  })
  it('the mention suggestions stay open under a tap between them', async () => {
    const field = page.getByRole('textbox', { name: /^Message/ })
    await field.tap()
    await field.fill('@j')
    const names = page.getByRole('listbox', { name: 'People to mention' })
    const { x, y } = (await names.boundingBox())!
    await page.touchscreen.tap(x + 100, y + 3)
    await names.getByRole('option', { name: 'jane' }).tap()
    expect(await field.inputValue()).toBe('@jane ')
    await field.fill('')
  })
})
