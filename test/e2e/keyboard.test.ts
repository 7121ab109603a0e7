import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { loginAs, type Api } from '../harness/api.ts'
import { act, message, openScene, signIn, type Scene } from './people.ts'

let scene: Scene
let page: Page
let jane: Api
let id: string
beforeAll(async () => {
  scene = await openScene()
  const { url } = scene.parley
  jane = await loginAs(url, 'jane')
  ;({ id } = await jane.conversationWith('john'))
  for (let n = 1; n <= 40; n++) await jane.send(id, `message ${n}`)
  await (await loginAs(url, 'john')).send(id, 'mine')
  page = await signIn(scene.john, url, 'john')
  await page.getByRole('link', { name: 'jane' }).click()
  await message(page, 'mine').waitFor()
})
afterAll(() => scene[Symbol.asyncDispose]())

const field = () => page.getByRole('textbox', { name: /^Message/ })
const list = () => page.getByRole('region', { name: 'Messages with jane' })
const fromEnd = () =>
  list().evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)

async function follows(content: string): Promise<void> {
  await jane.send(id, content)
  await message(page, content).waitFor()
  await expect.poll(fromEnd).toBeLessThan(2)
  expect(await page.getByRole('button', { name: /new message|latest/ }).count()).toBe(0)
}

describe('the list keeps following new messages', () => {
  it('while the up arrow edits the last message, even if its text makes the composer grow', async () => {
    await field().focus()
    await page.keyboard.press('ArrowUp')
    await page.getByText('Edit message').waitFor()
    await follows('while you edit')
    await field().fill('several\nlines\nof\ntext')
    await follows('while the composer is tall')
    await page.keyboard.press('Escape')
    await field().fill('')
    await follows('after the edit')
  })
  it('while the arrow keys move between messages at its end, and a menu was open', async () => {
    await list().focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await page.locator('[data-part=message]:focus').waitFor()
    await follows('while a message has the focus')
    // By its key: if a pointer misses, Playwright scrolls to retry, and the list rightly stays there.
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('ArrowDown')
    await follows('after the menu')
  })
  it('and stays when the arrow keys move away from the end, until they come back', async () => {
    await list().focus()
    for (let n = 0; n < 25; n++) await page.keyboard.press('ArrowUp')
    await expect.poll(fromEnd).toBeGreaterThan(200)
    await page.getByRole('button', { name: 'Go to the latest message' }).waitFor()
    await page.keyboard.press('End')
    // The newest message is visible, but perhaps not the space for the typing line below it.
    await expect.poll(fromEnd).toBeLessThan(48)
    await follows('back at the end')
  })
})

it('a pointer hits a message even while the list scrolls', async () => {
  const hit = await page.evaluate(`(async () => {
    const scroller = document.querySelector('[data-part=messages]')
    const { top } = scroller.getBoundingClientRect()
    const bubble = Array.from(scroller.querySelectorAll('[data-part=bubble]')).find(
      (each) => each.getBoundingClientRect().top > top + 60
    )
    const scrolled = new Promise((resolve) => scroller.addEventListener('scroll', resolve, { once: true }))
    scroller.scrollTop -= 2
    await scrolled
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    const { left, top: at, height } = bubble.getBoundingClientRect()
    return document.elementFromPoint(left + 12, at + height / 2).closest('[data-part=message]') !== null
  })()`)
  expect(hit).toBe(true)
})

describe('typing anywhere on the page', () => {
  it('continues in the composer, whatever has the focus', async () => {
    for (const place of [list(), page.getByRole('button', { name: 'New group' }), message(page, 'mine')]) {
      await place.focus()
      await page.keyboard.type('hey')
      expect(await field().inputValue()).toBe('hey')
      await field().fill('')
    }
  })
  it('leaves keys to fields, dialogs and commands', async () => {
    const search = page.getByRole('combobox', { name: 'Find people by username' })
    await search.focus()
    await page.keyboard.type('x')
    expect(await search.inputValue()).toBe('x')
    await search.fill('')
    await page.getByRole('button', { name: 'New group' }).click()
    await page.getByRole('button', { name: 'Close' }).focus()
    await page.keyboard.type('x')
    await page.keyboard.press('Escape')
    await list().focus()
    await page.keyboard.press('Control+f')
    await page.keyboard.press('Space')
    expect(await field().inputValue()).toBe('')
  })
})

const paste = async () => {
  await field().focus()
  await page.keyboard.press('Control+V')
  const pasted = await field().inputValue()
  await field().fill('')
  return pasted
}

describe('copying a text', () => {
  it('works and says so, over TLS and on plain http', async () => {
    await scene.john.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await act(page, message(page, 'mine'), 'Copy text')
    await page.getByText('Text copied.').waitFor()
    expect(await paste()).toBe('mine')
    // As on a page loaded without TLS.
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`)
    await act(page, message(page, 'message 40'), 'Copy text')
    await page.getByText('Text copied.').waitFor()
    expect(await paste()).toBe('message 40')
  })
  it('says so if the browser refuses', async () => {
    await page.evaluate('document.execCommand = () => false')
    await act(page, message(page, 'mine'), 'Copy text')
    await page.getByRole('alert').getByText('Your browser doesn’t allow copying here.').waitFor()
  })
})

it("an input method's Enter only ends the composition, in every field of a form or list", async () => {
  const cdp = await scene.john.context.newCDPSession(page)
  /** Safari's form: after the composition, with its key code. */
  const enter = async () => {
    const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 }
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', text: '\r', ...key })
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key })
  }
  await field().fill('こんにちは')
  await field().focus()
  await enter()
  expect(await field().inputValue()).toBe('こんにちは')
  await field().fill('')
  const search = page.getByRole('combobox', { name: 'Find people by username' })
  await search.fill('jane')
  await page.getByRole('option', { name: 'jane' }).waitFor()
  await enter()
  expect(await search.inputValue()).toBe('jane')
  await search.fill('')
  await page.getByRole('button', { name: 'New group' }).click()
  const dialog = page.getByRole('dialog', { name: 'New group' })
  await dialog.getByLabel('Group name').fill('日本')
  await dialog.getByLabel('Group name').focus()
  await enter()
  // The form was not submitted: it would show what is missing.
  expect(await dialog.getByRole('alert').count()).toBe(0)
  await dialog.getByRole('combobox').fill('jane')
  await dialog.getByRole('option', { name: 'jane' }).waitFor()
  await enter()
  expect(await dialog.getByRole('combobox').inputValue()).toBe('jane')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await act(page, message(page, 'mine'), 'More emoji…')
  await page.getByRole('textbox', { name: 'Emoji' }).fill('ok')
  await enter()
  expect(await page.getByText('Enter exactly one emoji.').count()).toBe(0)
  await page.keyboard.press('Enter')
  await page.getByText('Enter exactly one emoji.').waitFor()
  await page.keyboard.press('Escape')
})
