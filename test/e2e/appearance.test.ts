import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { loginAs } from '../harness/api.ts'
import { violations } from './axe.ts'
import { accessField, act, message, openScene, send, signIn, type Scene } from './people.ts'

const desktop = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }

let scene: Scene
let page: Page
let address: string
beforeAll(async () => {
  scene = await openScene({ viewport: phone })
  const jane = await loginAs(scene.parley.url, 'jane')
  const { id } = await jane.conversationWith('john')
  address = `${scene.parley.url}/conversations/${id}`
  await jane.send(id, `A word without an end: ${'x'.repeat(300)}`)
  await jane.send(
    id,
    'https://example.org/a/path/that/is/long/enough/to/leave/a/narrow/screen?and=some&more=of&it'
  )
  await jane.send(id, 'the last one')
})
afterAll(() => scene[Symbol.asyncDispose]())

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  it('axe finds no barrier on the access page', async () => {
    page = await scene.jane.context.newPage()
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.goto(scene.parley.url)
    await accessField(page).waitFor()
    expect(await violations(page)).toEqual([])
    await page.close()
  })

  it.each([
    ['desktop', desktop],
    ['phone', phone]
  ] as const)('axe finds no barrier on home and conversation on a %s', async (_name, viewport) => {
    await scene.john.context.clearCookies()
    page = await signIn(scene.john, scene.parley.url, 'john')
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize(viewport)
    await page.goto(scene.parley.url)
    await page.getByRole('link', { name: 'jane' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.goto(address)
    await message(page, 'the last one').waitFor()
    expect(await violations(page)).toEqual([])
    await page.close()
  })
})

it('no page is wider than a phone', async () => {
  await scene.john.context.clearCookies()
  page = await signIn(scene.john, scene.parley.url, 'john')
  for (const where of [scene.parley.url, address, `${scene.parley.url}/nowhere`]) {
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 844 })
      await page.goto(where)
      await page.getByRole('heading', { level: 1 }).waitFor()
      if (where === address) await message(page, 'the last one').waitFor()
      const wider = await page
        .locator('html, [data-part=messages], nav')
        .evaluateAll(
          (elements) => elements.filter((element) => element.scrollWidth > element.clientWidth).length
        )
      expect(wider, `${where} at ${width}`).toBe(0)
    }
  }
})

it('every button and link is at least 44 px', async () => {
  await page.setViewportSize(phone)
  for (const where of [scene.parley.url, address]) {
    await page.goto(where)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const small = await page
      .locator('button:visible, a:visible:not([data-part=text] a), textarea:visible')
      .evaluateAll((elements) =>
        elements
          .filter((element) => element.getBoundingClientRect().height < 44)
          .map((element) => element.outerHTML)
      )
    expect(small).toEqual([])
  }
})

/** Returns the texts of messages that overlap their time. */
const covered = () =>
  page.evaluate<string[]>(`Array.from(document.querySelectorAll('[data-part=body]')).flatMap((body) => {
    const text = body.querySelector('[data-part=text]')
    const words = document.createRange()
    words.selectNodeContents(text)
    const last = Array.from(words.getClientRects()).at(-1)
    const time = body.querySelector('[data-part=meta]').getBoundingClientRect()
    return last.right > time.left && last.bottom > time.top + 4 ? [text.textContent] : []
  })`)

it('no message text overlaps its time: sent, pending, edited, deleted', async () => {
  await page.goto(address)
  for (const text of ['plain', 'to be edited', 'to be deleted']) await send(page, text)
  await message(page, 'to be deleted').getByText('Sent').waitFor({ state: 'attached' })
  await scene.john.context.setOffline(true)
  await send(page, 'waits')
  await act(page, message(page, 'to be edited'), 'Edit')
  await send(page, 'edited')
  await act(page, message(page, 'to be deleted'), 'Delete…')
  await page.getByRole('button', { name: 'Delete' }).click()
  const deleted = page.locator('[data-part=message]', { hasText: 'This message was deleted' })
  await deleted.getByText('Saving').waitFor({ state: 'attached' })
  expect(await covered()).toEqual([])
  await scene.john.context.setOffline(false)
  await deleted.getByText('Saving').waitFor({ state: 'detached' })
  expect(await covered()).toEqual([])
})

it('Back from a conversation returns to its place in the list, by keyboard', async () => {
  await page.goto(address)
  await page.getByRole('link', { name: 'Back to conversations' }).focus()
  await page.keyboard.press('Enter')
  await page.locator(`a:focus[href="${new URL(address).pathname}"]`).waitFor()
})
