import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import type { Conversation } from '@parley/contract/conversations'
import { loginAs, type Api } from '../harness/api.ts'
import { act, message, openMenu, openScene, signIn, type Scene } from './people.ts'

const wide = 'w'.repeat(60)
const family = '👩‍👩‍👧‍👦'
const titles = {
  wide,
  'emoji of many parts': family.repeat(7),
  'right to left': 'فريق العمل في الحديقة الكبيرة وما حولها',
  'combining marks': 'e\u0301'.repeat(29)
}
const marks = `${'\u0300\u0301\u0306\u0308'.repeat(30)}${'\u0316\u0323\u0331'.repeat(30)}`
const storm = `a${marks}b`

let scene: Scene
let page: Page
let john: Api
let jane: Api
const groups: Record<string, string> = {}
let direct: string
beforeAll(async () => {
  scene = await openScene({ viewport: { width: 360, height: 740 } })
  const { url } = scene.parley
  ;[john, jane] = [await loginAs(url, 'john'), await loginAs(url, 'jane')]
  for (const title of Object.values(titles)) {
    const { body } = await john.post<{ id: string }>('/api/conversations', { title, usernames: ['jane'] })
    groups[title] = body.id
    const question = await jane.send(body.id, wide.repeat(3))
    await john.post(`/api/conversations/${body.id}/messages`, { content: title, replyTo: question.id })
  }
  ;({ id: direct } = await jane.conversationWith('john'))
  await jane.send(direct, 'before')
  page = await signIn(scene.john, url, 'john')
  await page.emulateMedia({ reducedMotion: 'reduce' })
})
afterAll(() => scene[Symbol.asyncDispose]())

/**
 * Returns visible elements that scroll or could scroll sideways, and those with text cut without an ellipsis.
 */
const faults = () =>
  page.evaluate(`
    const seen = (element) => {
      const { width, height } = element.getBoundingClientRect()
      return width > 1 && height > 1
    }
    const tell = (element) => element.tagName + '.' + element.className
    const found = []
    for (const element of document.querySelectorAll('body *')) {
      if (!seen(element) || element.closest('svg, textarea')) continue
      const style = getComputedStyle(element)
      const wider = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
      if (wider && /auto|scroll/.test(style.overflowX)) found.push('scrolls: ' + tell(element))
      const text = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim())
      const hidden = /hidden|clip/.test(style.overflowX)
      // An avatar shows one letter, whose marks may reach out of it.
      if (element.textContent.trim() && wider && hidden && style.textOverflow !== 'ellipsis' && !element.closest('[data-part=avatar]'))
        found.push('cut: ' + tell(element))
      const { left, right } = element.getBoundingClientRect()
      if (text && (right > innerWidth + 1 || left < -1)) {
        let inside = false
        for (let up = element.parentElement; up; up = up.parentElement)
          if (/hidden|clip/.test(getComputedStyle(up).overflowX) && up !== document.body) inside = true
        if (!inside) found.push('outside: ' + tell(element))
      }
    }
    found.concat(document.documentElement.scrollWidth > innerWidth ? ['page'] : [])
  `)

describe.each(Object.entries(titles))(
  'at 360 px, with a title of %s, nothing scrolls sideways or is cut',
  (_name, title) => {
    const open = async () => {
      await page.goto(`${scene.parley.url}/conversations/${groups[title]}`)
      await message(page, title).waitFor()
    }
    it('in the list', async () => {
      await page.goto(scene.parley.url)
      await page.locator('[data-conversation]').first().waitFor()
      expect(await faults()).toEqual([])
    })
    it('in the conversation, its header, quotes and composer', async () => {
      await open()
      expect(await faults()).toEqual([])
      await page.locator('[data-part=messages]').evaluate((list) => (list.scrollTop = 0))
      expect(await faults()).toEqual([])
      await act(page, message(page, title), 'Reply')
      expect(await faults()).toEqual([])
      await page.keyboard.press('Escape')
    })
    it('in the panel and the dialogs', async () => {
      await open()
      await page.getByRole('button', { name: 'Group details' }).click()
      await page.getByRole('dialog').waitFor()
      expect(await faults()).toEqual([])
      await page.getByRole('button', { name: 'Leave group' }).click()
      await page.getByRole('dialog', { name: /^Leave/ }).waitFor()
      expect(await faults()).toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await openMenu(page, message(page, title))
      expect(await faults()).toEqual([])
      await page.getByRole('menuitem', { name: 'Forward…' }).click()
      await page.getByRole('dialog', { name: 'Forward to…' }).waitFor()
      expect(await faults()).toEqual([])
      await page.keyboard.press('Escape')
    })
  }
)

/** Returns the pixels of a box as a picture, without animations and the caret. */
const painted = async (clip: { x: number; y: number; width: number; height: number }) =>
  (await page.screenshot({ clip, animations: 'disabled', caret: 'hide' })).toString('base64')
const boxOf = async (element: Locator) => (await element.boundingBox())!

/** Returns the pictures once they no longer change: receipts and unread marks have arrived. */
async function atRest(take: () => Promise<string[]>): Promise<string[]> {
  let before = await take()
  await expect
    .poll(async () => {
      const last = before
      before = await take()
      return before.join() === last.join()
    })
    .toBe(true)
  return before
}

describe('stacked combining marks', () => {
  it('paint nothing above or below their message', async () => {
    await page.goto(`${scene.parley.url}/conversations/${direct}`)
    await message(page, 'before').waitFor()
    const last = await jane.send(direct, storm)
    await jane.send(direct, 'after')
    await message(page, 'after').waitFor()
    // The page has begun to mark them as read.
    const unread = async () => (await john.get<Conversation>(`/api/conversations/${direct}`)).body.unreadCount
    await expect.poll(unread).toBe(0)
    const [above, below] = [message(page, 'before'), message(page, 'after')]
    const pictures = async () => [
      await painted(await boxOf(above.locator('[data-part=bubble]'))),
      await painted(await boxOf(below.locator('[data-part=bubble]')))
    ]
    const row = page.locator(`[data-part=message][data-position="${last.position}"] [data-part=text]`)
    const withMarks = await atRest(pictures)
    // The same message without its marks has the same position.
    await row.evaluate((text) => (text.firstChild!.nodeValue = 'ab'))
    expect(await atRest(pictures)).toEqual(withMarks)
  })
  it('paint nothing above or below their row in the list', async () => {
    await page.goto(scene.parley.url)
    await jane.send(direct, `${storm} in the list`)
    const words = page.locator('[data-part=words]', { hasText: 'in the list' })
    await words.waitFor()
    const { x, y, width, height } = await boxOf(words)
    const around = () =>
      Promise.all([
        painted({ x, y: y - 40, width, height: 38 }),
        painted({ x, y: y + height + 2, width, height: 40 })
      ])
    const withMarks = await atRest(around)
    await words.evaluate((text) => (text.firstChild!.nodeValue = 'ab in the list'))
    expect(await atRest(around)).toEqual(withMarks)
  })
})

const directionOf = (selector: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).direction`)

describe('text of another direction', () => {
  it('reorders no words around it: in the list, in system messages and in quotes', async () => {
    const title = titles['right to left']
    await page.goto(`${scene.parley.url}/conversations/${groups[title]}`)
    await message(page, title).waitFor()
    const line = page.locator('[data-part=line]').first()
    expect(await line.textContent()).toBe(`You started the group “\u2068${title}\u2069”`)
    expect(await directionOf('[data-part=line]')).toBe('ltr')
    expect(await directionOf('[data-mine] [data-part=body]')).toBe('rtl')
  })
  it('with an override in a message ends with the message', async () => {
    await jane.send(direct, 'open the file \u202Egpj.exe')
    await page.goto(`${scene.parley.url}/conversations/${direct}`)
    const row = page.locator('[data-part=message]', { hasText: 'open the file' })
    await row.waitFor()
    const sides = await row.evaluate((element) => {
      const { right } = element.querySelector('[data-part=text]')!.getBoundingClientRect()
      return right - element.querySelector('time')!.getBoundingClientRect().right
    })
    expect(Math.abs(sides)).toBeLessThan(12)
  })
  it('has no language attribute, unlike the interface', async () => {
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.locator('[data-part=text]').first().getAttribute('lang')).toBe('')
    expect(await page.locator('[data-part=header] h1').getAttribute('lang')).toBe('')
  })
})
