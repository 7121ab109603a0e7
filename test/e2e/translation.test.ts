import { createClient, type Client } from '@parley/client'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listed, openScene, signIn, type Scene } from './people.ts'

let scene: Scene
let jane: Client
let page: Page
let conversation: string
const errors: string[] = []

beforeAll(async () => {
  scene = await openScene()
  jane = createClient({ baseUrl: scene.parley.url })
  await jane.login('jane')
  conversation = (await jane.startConversation('john')).id
  page = await signIn(scene.john, scene.parley.url, 'john')
  page.on('pageerror', (error) => errors.push(error.message))
})
afterAll(() => scene[Symbol.asyncDispose]())

/** Ways in which translators wrap a text node, as code for the page; `font` is a new element. */
const ways = {
  'it is replaced': 'font.textContent = text; node.replaceWith(font)',
  'it is moved into the element': 'node.replaceWith(font); font.append(node); node.data = text',
  'it is removed after the element was inserted beside it':
    'font.textContent = text; node.parentNode.insertBefore(font, node); node.remove()'
}

/** Translates all text of the page as a browser does. */
async function translate(way: string): Promise<number> {
  return Number(
    await page.evaluate(`(() => {
      const walker = document.createTreeWalker(document.getElementById('root'), NodeFilter.SHOW_TEXT)
      const nodes = []
      while (walker.nextNode()) if (walker.currentNode.data.trim() !== '') nodes.push(walker.currentNode)
      for (const node of nodes) {
        const text = '«' + node.data + '»'
        const font = document.createElement('font')
        ${way}
      }
      return nodes.length
    })()`)
  )
}
const texts = () => page.locator('[data-part=text]').allInnerTexts()
const plain = async () => (await texts()).map((text) => text.replaceAll(/[«»]/g, ''))

it.each(Object.entries(ways))(
  'C7: on a translated page, changes show their new text: %s',
  async (_name, way) => {
    await page.goto(`${scene.parley.url}/conversations/${conversation}`)
    await page.locator('[data-part=composer] textarea').waitFor()
    const write = (content: string) => jane.sendMessage(conversation, { content })
    const first = await write('see https://example.org or ask @john, please')
    const second = await write('to be deleted')
    const third = await write('a reaction will come and go')
    await jane.addReaction(conversation, third.id, '👍')
    await expect.poll(plain).toContain('a reaction will come and go')
    await page.getByText('👍').first().waitFor()
    expect(await translate(way)).toBeGreaterThan(10)
    expect((await texts()).some((text) => text.includes('«'))).toBe(true)

    // Every kind of change: simple and composed text, a tombstone, counts, list rows, presence and titles.
    await jane.editMessage(conversation, first.id, { content: 'ask @john at https://example.com today' })
    await jane.deleteMessage(conversation, second.id)
    await jane.addReaction(conversation, third.id, '🎉')
    await jane.removeReaction(conversation, third.id, '👍')
    await write('a new one')
    await expect.poll(texts).toContain('a new one')
    await expect
      .poll(async () => (await texts()).join(' '))
      .toContain('ask @john at https://example.com today')
    const shown = (await texts()).join('\n')
    expect(shown).not.toContain('see https://example.org or')
    expect(shown).not.toContain('to be deleted')
    await expect.poll(() => listed(page, 'jane').innerText()).toMatch(/\ba new one\b/)
    expect(await listed(page, 'jane').innerText()).not.toContain('a reaction will come')
    await expect.poll(() => page.getByText('👍').count()).toBe(0)

    await translate(way)
    // An edit with fewer text nodes than before, and one with more.
    await jane.editMessage(conversation, first.id, { content: 'ask anyone' })
    await expect.poll(texts).toContain('ask anyone')
    await translate(way)
    await jane.editMessage(conversation, first.id, { content: '@john https://example.org @john' })
    await expect.poll(texts).toContain('@john https://example.org @john')

    // Actions by the user.
    await translate(way)
    await page.locator('[data-part=composer] textarea').fill('written by hand')
    await page.locator('[data-part=composer] textarea').press('Enter')
    await expect.poll(texts).toContain('written by hand')
    await page.locator('[data-part=message]').last().locator('[data-part=bubble]').click({ button: 'right' })
    await page.getByRole('menu').waitFor()
    await translate(way)
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await scene.john.context.setOffline(true)
    await page
      .getByText(/offline/)
      .first()
      .waitFor()
    await translate(way)
    await scene.john.context.setOffline(false)
    await page
      .getByText(/offline/)
      .first()
      .waitFor({ state: 'detached' })
    await translate(way)
    await page.goto(`${scene.parley.url}/`)
    await listed(page, 'jane').waitFor()
    expect(await page.getByText('Something went wrong').count()).toBe(0)
    expect(errors).toEqual([])
  }
)
